import type { ChatFormat, ChatMessage } from '../data/chat-format.js';
import { applyTemplate } from '../data/prompt-template.js';
import { PythonRandom } from '../data/python-random.js';
import { type Row, textOf } from '../data/row.js';
import { DataError } from '../diagnostics/errors.js';
import type { PromptTemplate } from '../formats/dataset-choices.js';

export type QuestionForm = {
  /** Columns. */
  readonly question: string;
  readonly answer: string;
  readonly template: PromptTemplate;
};

export type FewShot = {
  /** Worked examples before each question. */
  readonly n: number;
  readonly seed: number;
};

export interface QuestionPrompt {
  readonly text: string;
  /** True when the template writes its own beginning of sequence. */
  readonly complete: boolean;
}

/**
 * What the model is given for each question: `n` worked examples and the question, with an empty line between them, or as
 * turns of a conversation when the template is `chat`.
 *
 * @param examples Rows to draw from; undefined: the questions.
 * @throws DataError for a missing column, or fewer rows than examples.
 */
export function questionPrompts(
  questions: readonly Row[],
  examples: readonly Row[] | undefined,
  { n, seed }: FewShot,
  form: QuestionForm,
  names: { readonly questions: string; readonly examples: string },
  chat: ChatFormat | undefined,
): QuestionPrompt[] {
  const from = examples ?? questions;
  const drawn = drawnExamples(questions.length, examples?.length, { n, seed }, names.examples);
  return questions.map((row, index) => {
    const shots = drawn[index]!.map((position): [string, string] => {
      const where = `${names.examples}: row ${position + 1}`;
      return [textOf(from[position]!, form.question, where), textOf(from[position]!, form.answer, where)];
    });
    return promptOf(textOf(row, form.question, `${names.questions}: row ${index + 1}`), shots, form.template, chat);
  });
}

/**
 * Positions of the examples of each question, drawn as lm-evaluation-harness draws them: one Python `random.Random(seed)` for
 * all questions, in their order, `sample(examples, n)` for each. When the examples are the questions themselves it draws one
 * more, and leaves the question itself out.
 *
 * @param examples Rows to draw from; undefined: the questions.
 * @param name names them in errors
 * @throws DataError for fewer rows than examples.
 */
export function drawnExamples(
  questions: number,
  examples: number | undefined,
  { n, seed }: FewShot,
  name: string,
): number[][] {
  const from = examples ?? questions;
  const drawn = n === 0 ? 0 : examples === undefined ? n + 1 : n;
  if (drawn > from) {
    throw new DataError(`${name}: ${drawn} rows are needed to draw examples from, there are ${from}`, {
      hint: 'Lower `fewshot`, or draw from a larger dataset.',
    });
  }
  const random = new PythonRandom(seed);
  return Array.from({ length: questions }, (_, index) => {
    const positions = drawn === 0 ? [] : random.sample(from, drawn);
    const others = examples === undefined ? positions.filter((position) => position !== index) : positions;
    return others.slice(0, n);
  });
}

function promptOf(
  question: string,
  shots: readonly (readonly [string, string])[],
  template: PromptTemplate,
  chat: ChatFormat | undefined,
): QuestionPrompt {
  if (template === 'chat' && chat !== undefined && shots.length > 0) {
    const turns = shots.flatMap(([asked, answered]): ChatMessage[] => [
      { role: 'user', content: asked },
      { role: 'assistant', content: answered },
    ]);
    return { text: chat.render([...turns, { role: 'user', content: question }], true), complete: true };
  }
  const last = applyTemplate(template, question, undefined, chat);
  const before = shots.map(([asked, answered]) => `${applyTemplate(template, asked, answered, chat).full}\n\n`);
  return { text: before.join('') + last.prompt, complete: last.complete };
}
