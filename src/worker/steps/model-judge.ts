import { textOf } from '../../data/row.js';
import type { Tokenizer } from '../../data/tokenizer.js';
import { DataError } from '../../diagnostics/errors.js';
import { rubricOf } from '../../eval/rubrics/registry.js';
import { verdictIn } from '../../eval/rubrics/rubric.js';
import type { ModelJudgeParams } from '../../steps/model-judge.js';
import type { StepContext } from '../step-context.js';
import { respond } from './generate.js';
import { checkReadable } from './readable-verdicts.js';
import { readResponses } from './responses.js';
import { runningModel, tokenizerOf } from './running-model.js';
import { writeVerdicts } from './verdict-scores.js';

/** Judges by a local model's answers to a rubric, decoded greedily. */
export async function runModelJudge(context: StepContext<ModelJudgeParams>): Promise<void> {
  const { model: recipe, dataset, prompt: column, rubric: choice, template, maxTokens } = context.params;
  const rubric = rubricOf(choice);
  const { responses } = await readResponses(context, dataset);
  const model = await runningModel(context, recipe);
  const tokenizer = await tokenizerOf(context, model.artifacts);
  const items = responses.map(({ row, where, response }) => ({ prompt: textOf(row, column, where), response }));
  const prompts = items.map((item) => judgePrompt(rubric.messages(item), template, tokenizer));
  const said = await respond(context, model, tokenizer, prompts, { maxTokens, stop: [], sampling: null });
  const verdicts = said.map((answer) => verdictIn(answer, rubric));
  const scores = verdicts.map(({ score }) => score);
  await checkReadable(context, context.params, scores, said);
  await writeVerdicts(context, items, verdicts, rubric.numbers);
}

/** What the judge is given: its own chat template, or the turns' texts one after the other. */
function judgePrompt(
  messages: readonly { readonly role: string; readonly content: string }[],
  template: 'chat' | 'raw',
  tokenizer: Tokenizer,
): { readonly text: string; readonly complete: boolean } {
  if (template === 'raw') return { text: messages.map(({ content }) => content).join('\n'), complete: false };
  if (tokenizer.chat === undefined) {
    throw new DataError('The judge has no chat template', { hint: 'Set `template: raw` for the judge.' });
  }
  return { text: tokenizer.chat.render(messages, true), complete: true };
}
