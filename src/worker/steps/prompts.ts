import { applyTemplate } from '../../data/prompt-template.js';
import { at, decodeRows, textOf } from '../../data/row.js';
import type { Tokenizer } from '../../data/tokenizer.js';
import { DataError } from '../../diagnostics/errors.js';
import { type QuestionPrompt, questionPrompts } from '../../eval/few-shot.js';
import { mapWithinTime } from '../../formats/time-limit.js';
import type { GenerateParams } from '../../steps/generate.js';
import type { StepContext } from '../step-context.js';

/** What the model is given for each row of an input, up to the limit. */
export async function promptTexts(
  context: StepContext,
  { prompts, dataset, limit }: Pick<GenerateParams, 'prompts' | 'dataset' | 'limit'>,
  tokenizer: Tokenizer,
  input = 'rows',
): Promise<QuestionPrompt[]> {
  const rows = decodeRows(await context.read(context.input(input)));
  const wanted = limit === null ? rows : rows.slice(0, limit);
  if (wanted.length === 0) {
    throw new DataError(`${dataset} has no rows`, { hint: 'Look at its `where`, `skip` and `take`.' });
  }
  if ('column' in prompts) {
    return wanted.map((row, index) => {
      const asked = textOf(row, prompts.column, `${dataset}: row ${index + 1}`);
      const { prompt, complete } = applyTemplate(prompts.template, asked, undefined, tokenizer.chat);
      return { text: prompt, complete };
    });
  }
  const examples = context.has('examples') ? decodeRows(await context.read(context.input('examples'))) : undefined;
  // Examples are drawn from all rows, whatever the limit: the first questions must not depend on it.
  const names = { questions: dataset, examples: examples === undefined ? dataset : 'examples' };
  const { questions, fewshot } = prompts;
  return questionPrompts(rows, examples, fewshot, questions, names, tokenizer.chat).slice(0, wanted.length);
}

/** Token ids of every prompt; what the tokenizer puts before every text only where the template has not written it. */
export function promptTokens(prompts: readonly QuestionPrompt[], tokenizer: Tokenizer): Promise<Int32Array[]> {
  return mapWithinTime(
    prompts,
    ({ text, complete }, index) => at(`Prompt ${index + 1}`, () => Int32Array.from(tokenizer.encode(text, !complete))),
    (index) => `Prompt ${index + 1}: ${tokenizer.patterns}`,
  );
}
