import { encodeRows } from '../../data/row.js';
import type { Tokenizer } from '../../data/tokenizer.js';
import { generate } from '../../nn/generate.js';
import type { GeneratedRow } from '../eval-params.js';
import type { GenerateParams } from '../model-params.js';
import type { StepContext } from '../step.js';
import { promptTexts, promptTokens } from './prompts.js';
import { endTokens, type RunningModel, runningModel, tokenizerOf } from './running-model.js';
import { StopTexts } from './stop-texts.js';

export async function runGenerate(context: StepContext): Promise<void> {
  const params = context.params as GenerateParams;
  const model = await runningModel(context, params.model);
  const tokenizer = await tokenizerOf(context, model.artifacts);
  const texts = await promptTexts(context, params, tokenizer);
  const prompts = texts.map((text) => promptTokens(text, tokenizer));
  const responses = await respond(context, model, tokenizer, prompts, params);
  const rows = texts.map(({ text }, index): GeneratedRow => ({ prompt: text, response: responses[index]! }));
  await context.write('responses', encodeRows(rows));
}

/** The texts that a model answers to some prompts, without what ends them. */
export async function respond(
  context: StepContext,
  model: RunningModel,
  tokenizer: Tokenizer,
  prompts: readonly Int32Array[],
  { maxTokens, stop, sampling }: Pick<GenerateParams, 'maxTokens' | 'stop' | 'sampling'>,
): Promise<string[]> {
  const stopTexts = new StopTexts(tokenizer, stop);
  const started = performance.now();
  const responses = await generate(model.gpu, model.decoder, prompts, {
    maxTokens,
    endTokens: await endTokens(context, model, tokenizer),
    ...(stop.length > 0 && { stops: (ids: readonly number[]) => stopTexts.isIn(ids) }),
    sampling,
    signal: context.signal,
    progress: (done, total, tokens) => {
      const seconds = (performance.now() - started) / 1000;
      context.progress({ done, total, unit: 'responses', note: `${Math.round(tokens / seconds)} tokens/s` });
    },
  });
  return responses.map((ids) => stopTexts.cut(tokenizer.decode([...ids])));
}
