import { DataError } from '../diagnostics/errors.js';
import type { Sampling } from '../formats/response-choices.js';
import { Turns } from '../formats/turns.js';
import type { Gpu } from '../gpu/gpu.js';
import { noToken } from './argmax.js';
import type { Decoder } from './decoder.js';
import { defaultSlots, KeyValueCache, slotsThatFit } from './key-value-cache.js';
import { checkPrompts } from './prompt-lengths.js';
import { rowsThatFit } from './rows-that-fit.js';
import { drawToken, uniformOf } from './sampling.js';

export interface GenerateOptions {
  /** Tokens of a response at most; it also ends with the model's context. */
  readonly maxTokens: number;
  /** Tokens that end a response; they are no part of it. */
  readonly endTokens: ReadonlySet<number>;
  /** Whether a response ends with the last of these tokens, which stays part of it. */
  readonly stops?: (ids: readonly number[]) => boolean;
  /** null: greedy. */
  readonly sampling: Sampling | null;
  /** Prompts that are answered at a time, at most; the responses do not depend on it. */
  readonly slots?: number;
  readonly signal?: AbortSignal;
  /** Responses that are whole, of how many, and tokens generated so far. */
  readonly progress?: (done: number, total: number, tokens: number) => void;
}

interface Response {
  readonly prompt: number;
  readonly slot: number;
  readonly ids: number[];
}

/**
 * Continues every prompt. A prompt gets one of a fixed number of slots of a key-value cache; whenever enough of them are free,
 * waiting prompts go through the model together with the next token of those that are underway. The bits of a row depend
 * on nothing that runs beside it, so responses are the same whatever the number of slots.
 * @throws DataError for a prompt without tokens or beyond the model's context, or when logits are not finite
 */
export async function generate(
  gpu: Gpu,
  decoder: Decoder,
  prompts: readonly Int32Array[],
  options: GenerateOptions,
): Promise<Int32Array[]> {
  const { config } = decoder;
  const { maxTokens, endTokens, stops, sampling, signal, progress } = options;
  checkPrompts(prompts, config, 1, maxTokens);
  const responses = prompts.map(() => new Int32Array());
  if (prompts.length === 0 || maxTokens === 0) return responses;

  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  // The last token of a response is never read again.
  const capacity = Math.min(longest + maxTokens - 1, config.contextLength);
  const limits = { memoryBudget: gpu.memoryBudget, largestBinding: gpu.limits.maxStorageBufferBindingSize };
  const slots = Math.min(prompts.length, options.slots ?? defaultSlots, slotsThatFit(limits, config, capacity));
  const mostRows = rowsThatFit(gpu, config);
  const cache = new KeyValueCache(gpu, config, slots * capacity);
  const free = Array.from({ length: slots }, (_, slot) => slots - 1 - slot);
  const turns = new Turns(signal);
  let active: Response[] = [];
  let next = 0;
  let tokens = 0;
  try {
    while (next < prompts.length || active.length > 0) {
      signal?.throwIfAborted();
      if (active.length === 0 || free.length >= slots / 4) admit();
      const continuations = active.map(({ prompt, slot, ids }) => ({
        ids: ids.length === 0 ? prompts[prompt]! : [ids.at(-1)!],
        start: ids.length === 0 ? 0 : prompts[prompt]!.length + ids.length - 1,
        firstKey: slot * capacity,
      }));
      const chosen = await choose(continuations);
      active = active.filter((response, index) => !ends(response, chosen[index]!));
      progress?.(next - active.length, prompts.length, tokens);
    }
  } finally {
    cache.release();
  }
  return responses;

  /** Gives free slots to waiting prompts, as many as go through the model at a time. */
  function admit(): void {
    let rows = active.length;
    while (free.length > 0 && next < prompts.length) {
      rows += prompts[next]!.length;
      if (rows > mostRows && active.length > 0) return;
      active.push({ prompt: next++, slot: free.pop()!, ids: [] });
    }
  }

  async function choose(continuations: Parameters<Decoder['nextTokens']>[0]): Promise<ArrayLike<number>> {
    if (sampling === null) return decoder.nextTokens(continuations, cache);
    const logits = await decoder.nextLogits(continuations, cache);
    const { vocabulary } = config;
    const chosen: number[] = [];
    for (const [index, { prompt, ids }] of active.entries()) {
      // A draw from a large vocabulary takes milliseconds, and there is one a response.
      await turns.take();
      const row = logits.subarray(index * vocabulary, (index + 1) * vocabulary);
      const uniform = uniformOf(sampling.seed, prompt, ids.length);
      chosen.push(row.every(Number.isFinite) ? drawToken(row, sampling, uniform) : noToken);
    }
    return chosen;
  }

  /** Takes in a response's next token; true when it is the last. */
  function ends({ prompt, slot, ids }: Response, token: number): boolean {
    if (token === noToken) {
      throw new DataError(`The model's logits are not finite after ${ids.length} tokens of response ${prompt + 1}`, {
        hint: 'Its weights, or what they grow to in f32, overflow: look at the model, or at the update it was made from.',
      });
    }
    const ended = endTokens.has(token);
    if (!ended) {
      ids.push(token);
      tokens++;
    }
    const room = config.contextLength - prompts[prompt]!.length;
    if (!ended && ids.length < Math.min(maxTokens, room) && stops?.(ids) !== true) return false;
    responses[prompt] = Int32Array.from(ids);
    free.push(slot);
    return true;
  }
}
