import type { Gpu } from '../gpu/gpu.js';
import type { Decoder } from './decoder.js';
import { KeyValueCache } from './key-value-cache.js';
import { checkPrompts } from './prompt-lengths.js';

/**
 * [prompts, vocabulary]: the logits of the token behind each prompt. The bits of a row do not depend on its neighbours.
 * @param prompts as many as go through the model at a time
 * @throws DataError for a prompt without tokens, or beyond the model's context
 */
export async function nextTokenLogits(
  gpu: Gpu,
  decoder: Decoder,
  prompts: readonly Int32Array[],
): Promise<Float32Array> {
  checkPrompts(prompts, decoder.config, 0);
  const rows = prompts.reduce((sum, { length }) => sum + length, 0);
  const cache = new KeyValueCache(gpu, decoder.config, rows);
  try {
    let firstKey = 0;
    const continuations = prompts.map((ids) => {
      const continuation = { ids, start: 0, firstKey };
      firstKey += ids.length;
      return continuation;
    });
    return await decoder.nextLogits(continuations, cache);
  } finally {
    cache.release();
  }
}
