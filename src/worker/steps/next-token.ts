import { encodeRows } from '../../data/row.js';
import { DataError } from '../../diagnostics/errors.js';
import { nextTokenLogits } from '../../nn/next-token.js';
import { checkPrompts } from '../../nn/prompt-lengths.js';
import { rowsThatFit } from '../../nn/rows-that-fit.js';
import type { NextTokenParams } from '../../steps/next-token.js';
import type { StepContext } from '../step-context.js';
import { promptTexts, promptTokens } from './prompts.js';
import { runningModel, tokenizerOf } from './running-model.js';
import { tokenBatches } from './token-batches.js';

export async function keepNextTokens(context: StepContext<NextTokenParams>): Promise<void> {
  const tokens = await nextTokens(context, context.params);
  const shape = [tokens.prompts.length, tokens.vocabulary];
  const writer = await context.writer('logits', { dtype: 'F32', shape });
  for await (const logits of tokens.logits()) {
    await writer.append(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
  }
  await writer.close();
  await context.write('prompts', encodeRows(tokens.prompts.map((ids) => ({ ids: [...ids] }))));
}

/** What the model of a step says behind each prompt. */
interface NextTokens {
  readonly prompts: readonly Int32Array[];
  readonly vocabulary: number;
  /** A row of logits [vocabulary] for each prompt, in their order. */
  logits(): AsyncGenerator<Float32Array>;
}

/** @throws DataError that names the prompt, when it does not fit the model or its logits are not finite */
export async function nextTokens(
  context: StepContext,
  { model: recipe, dataset, prompt, template, limit }: NextTokenParams,
): Promise<NextTokens> {
  const { gpu, decoder, artifacts } = await runningModel(context, recipe);
  const tokenizer = await tokenizerOf(context, artifacts);
  const texts = await promptTexts(context, { prompts: { column: prompt, template }, dataset, limit }, tokenizer);
  const prompts = await promptTokens(texts, tokenizer);
  checkPrompts(prompts, decoder.config, 0);
  const { vocabulary } = decoder.config;
  return {
    prompts,
    vocabulary,
    async *logits() {
      let done = 0;
      for (const batch of tokenBatches(prompts, ({ length }) => length, rowsThatFit(gpu, decoder.config))) {
        context.signal.throwIfAborted();
        const logits = await nextTokenLogits(gpu, decoder, batch);
        for (let row = 0; row < batch.length; row++) {
          const own = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
          if (!own.every(Number.isFinite)) {
            throw new DataError(`The model's logits are not finite behind prompt ${done + 1}`, {
              hint: 'Its weights, or what they grow to in f32, overflow: look at the model, or at the update it was made from.',
            });
          }
          yield own;
          context.progress({ done: ++done, total: prompts.length, unit: 'prompts' });
        }
      }
    },
  };
}
