import type { ChatFormat, ChatMessage } from '../data/chat-format.js';
import { textAt } from '../data/column-path.js';
import { strip, stripEnd } from '../data/python-text.js';
import { at, type Row } from '../data/row.js';
import { DataError } from '../diagnostics/errors.js';
import type { ChoiceExamples, ChoiceForm } from '../formats/choice-questions.js';
import { type Choices, choicesOf, rightChoices } from './choice-question.js';
import { drawnExamples } from './few-shot.js';

/** What a model is asked about one row. */
export interface ChoicePrompt {
  /** Position among the rows of the dataset. */
  readonly row: number;
  /** The row in errors: `arc: row 3`. */
  readonly where: string;
  readonly context: string;
  /** What is scored of each choice: its text, or its label. */
  readonly choices: readonly string[];
  /** Stands between the context and a choice. */
  readonly delimiter: '' | ' ';
}

/** Rows with what names them in errors. */
export interface NamedRows {
  readonly rows: readonly Row[];
  readonly name: string;
}

/**
 * The contexts and choices of the questions, in the order of the dataset: description, worked examples with an empty line
 * behind each, and the question; or, as `chat`, the description as the system's message, and examples and question as turns
 * of the conversation. Examples of a question are of its own group.
 *
 * @param examples Rows to take examples from; undefined: the questions.
 * @param limit Questions of each group, from the first on; null: all.
 * @throws DataError naming the row that cannot be asked, or the group with too few examples.
 */
export function* choicePrompts(
  questions: NamedRows,
  examples: NamedRows | undefined,
  form: ChoiceForm,
  fewshot: ChoiceExamples | undefined,
  limit: number | null,
  chat: ChatFormat | undefined,
): Generator<ChoicePrompt> {
  if (form.chat && chat === undefined) {
    throw new DataError('The tokenizer has no chat template', { hint: 'Leave `chat` out.' });
  }
  const groups = rowGroups(questions, form.groups);
  const exampleGroups = examples && fewshot && rowGroups(examples, form.groups);
  const asked: { readonly row: number; readonly shots: readonly number[] }[] = [];
  for (const [group, rows] of groups) {
    const own = exampleGroups?.get(group) ?? [];
    const drawn = fewshot
      ? examplesOf(rows.length, exampleGroups && own.length, fewshot, examplesName(questions, examples, group))
      : [];
    const source = exampleGroups ? own : rows;
    for (const [index, row] of rows.slice(0, limit ?? rows.length).entries()) {
      asked.push({ row, shots: (drawn[index] ?? []).map((position) => source[position]!) });
    }
  }
  for (const { row, shots } of asked.sort((a, b) => a.row - b.row)) {
    const worked = shots.map((position) => workedExample(examples ?? questions, position, form, fewshot!.answer));
    yield promptOf(questions, row, worked, form, chat);
  }
}

/** Positions of the rows of each group, in the order in which groups come up; without `groups` all are of one. */
export function rowGroups(
  { rows, name }: NamedRows,
  groups: string | undefined,
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [position, row] of rows.entries()) {
    const group = groups === undefined ? '' : textAt(row, groups, rowName(name, position));
    const own = found.get(group);
    if (own === undefined) found.set(group, [position]);
    else own.push(position);
  }
  return found;
}

/** A row in errors, counted from 1. */
export function rowName(dataset: string, position: number): string {
  return `${dataset}: row ${position + 1}`;
}

function examplesName(questions: NamedRows, examples: NamedRows | undefined, group: string): string {
  const { name } = examples ?? questions;
  return group === '' ? name : `${name}, group ${JSON.stringify(group)}`;
}

/** Positions of the examples of each question. */
function examplesOf(
  questions: number,
  examples: number | undefined,
  { n, pick }: ChoiceExamples,
  name: string,
): number[][] {
  if (pick !== 'first') return drawnExamples(questions, examples, { n, seed: pick.seed }, name);
  const needed = examples === undefined ? n + 1 : n;
  if (needed > (examples ?? questions)) {
    throw new DataError(
      `${name}: ${needed} rows are needed to take examples from, there are ${examples ?? questions}`,
      {
        hint: 'Lower `fewshot`, or take them from a larger dataset.',
      },
    );
  }
  const first = Array.from({ length: needed }, (_, position) => position);
  return Array.from({ length: questions }, (_, index) =>
    (examples === undefined ? first.filter((position) => position !== index) : first).slice(0, n),
  );
}

/** The text of a question and its right choice. */
interface Worked {
  readonly asked: string;
  readonly answer: string;
}

function workedExample({ rows, name }: NamedRows, position: number, form: ChoiceForm, answer: string): Worked {
  const where = rowName(name, position);
  const row = rows[position]!;
  const choices = choicesOf(row, form, where);
  const [right] = rightChoices(row, answer, choices, form.labels !== undefined, where);
  const scored = scoredTexts(choices, form)[right!]!;
  return { asked: fill(form.template, row, choices, form, where), answer: joined(form.prefix ?? '', scored) };
}

function promptOf(
  questions: NamedRows,
  position: number,
  worked: readonly Worked[],
  form: ChoiceForm,
  chat: ChatFormat | undefined,
): ChoicePrompt {
  const row = questions.rows[position]!;
  const where = rowName(questions.name, position);
  const choices = choicesOf(row, form, where);
  const asked = fill(form.template, row, choices, form, where);
  const description = form.description === undefined ? '' : fill(form.description, row, choices, form, where);
  const prompt = { row: position, where, choices: scoredTexts(choices, form) };
  const { prefix } = form;
  if (!form.chat) {
    // Before an answer the space is there in any case, before a prefix only where none is.
    const before = worked.map(
      (one) => `${prefix === undefined ? `${one.asked} ${one.answer}` : joined(one.asked, one.answer)}\n\n`,
    );
    const context = description + before.join('') + joined(asked, prefix ?? '');
    return { ...prompt, context, delimiter: ' ' };
  }
  const messages: ChatMessage[] = [
    ...(description === '' ? [] : [{ role: 'system', content: description }]),
    ...worked.flatMap((one) => [
      { role: 'user', content: one.asked },
      { role: 'assistant', content: one.answer },
    ]),
    { role: 'user', content: asked },
  ];
  if (prefix === undefined) return { ...prompt, context: at(where, () => chat!.render(messages, true)), delimiter: '' };
  const context = at(where, () => begun(chat!, messages, prefix));
  return { ...prompt, context, delimiter: stripEnd(prefix) === prefix ? ' ' : '' };
}

/** Two texts with a space between them, unless one of them has whitespace there or is empty. */
function joined(before: string, after: string): string {
  const isApart = before === '' || after === '' || stripEnd(before) !== before || strip(after[0]!) === '';
  return isApart ? before + after : `${before} ${after}`;
}

/** The conversation up to where the assistant's last turn goes on behind `prefix`, as transformers' continue_final_message. */
function begun(chat: ChatFormat, messages: readonly ChatMessage[], prefix: string): string {
  const text = chat.render([...messages, { role: 'assistant', content: prefix }], false);
  const bare = strip(prefix);
  const start = text.lastIndexOf(bare);
  if (start < 0) {
    throw new DataError('The chat template leaves out the beginning of an answer', { hint: 'Leave `prefix` out.' });
  }
  return text.slice(0, start + (text.startsWith(prefix, start) ? prefix : bare).length);
}

function scoredTexts({ texts, labels }: Choices, { continuation }: ChoiceForm): readonly string[] {
  return continuation === 'text' ? texts : labels;
}

const placeholder = /\{([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)(\.strip\(\))?\}/g;

/**
 * Puts the parts of a row where a text names them: `{question}`, `{choices}` (a line a choice: its label, a full stop and
 * its text), and any path of the row. The path of the groups has spaces for underscores. `.strip()` behind a name removes
 * the whitespace around it.
 */
function fill(
  template: string,
  row: Row,
  { texts, labels }: Choices,
  { question, groups }: ChoiceForm,
  where: string,
): string {
  return template.replace(placeholder, (_, name: string, stripped: string | undefined) => {
    const text = partNamed(name);
    return stripped === undefined ? text : strip(text);
  });

  function partNamed(name: string): string {
    if (name === 'question') return textAt(row, question, where);
    if (name === 'choices') return texts.map((text, index) => `${labels[index]}. ${text}`).join('\n');
    const text = textAt(row, name, where);
    return name === groups ? text.replaceAll('_', ' ') : text;
  }
}
