import { encodeRows } from '../../data/row.js';
import type { Tokenizer } from '../../data/tokenizer.js';
import type { QuestionPrompt } from '../../eval/few-shot.js';
import { generate } from '../../nn/generate.js';
import type { GeneratedRow, GenerateParams } from '../../steps/generate.js';
import type { StepContext } from '../step-context.js';
import { promptTexts, promptTokens } from './prompts.js';
import { type RunningModel, responseEnd, runningModel, tokenizerOf } from './running-model.js';
import { StopTexts } from './stop-texts.js';

export async function runGenerate(context: StepContext<GenerateParams>): Promise<void> {
  const params = context.params;
  const model = await runningModel(context, params.model);
  const tokenizer = await tokenizerOf(context, model.artifacts);
  const texts = await promptTexts(context, params, tokenizer);
  const responses = await respond(context, model, tokenizer, texts, params);
  const rows = texts.map(({ text }, index): GeneratedRow => ({ prompt: text, response: responses[index]! }));
  await context.write('responses', encodeRows(rows));
}

/** The texts that a model answers to some prompts, without what ends them. */
export async function respond(
  context: StepContext,
  model: RunningModel,
  tokenizer: Tokenizer,
  texts: readonly QuestionPrompt[],
  { maxTokens, stop, sampling }: Pick<GenerateParams, 'maxTokens' | 'stop' | 'sampling'>,
): Promise<string[]> {
  const prompts = await promptTokens(texts, tokenizer);
  const conversation = texts.some(({ complete }) => complete);
  const end = await responseEnd(context, model, tokenizer, conversation);
  const stops = end.text === undefined ? stop : [...stop, end.text];
  const stopTexts = new StopTexts(tokenizer, stops);
  const started = performance.now();
  const responses = await generate(model.gpu, model.decoder, prompts, {
    maxTokens,
    endTokens: end.tokens,
    ...(stops.length > 0 && { stops: (ids: readonly number[]) => stopTexts.isIn(ids) }),
    sampling,
    signal: context.signal,
    progress: (done, total, tokens) => {
      const seconds = (performance.now() - started) / 1000;
      context.progress({ done, total, unit: 'responses', note: `${Math.round(tokens / seconds)} tokens/s` });
    },
  });
  return responses.map((ids) => stopTexts.cut(tokenizer.decode([...ids])));
}
