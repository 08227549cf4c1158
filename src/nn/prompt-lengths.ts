import { DataError } from '../diagnostics/errors.js';
import type { DecoderConfig } from './config.js';

/**
 * Rows longer than the window are computed by no kernel: each of their tokens would see all that are before it.
 * @param what is refused, such as `Row 3`
 * @throws DataError when a row of `length` tokens is longer than the window
 */
export function checkWindow(
  what: string,
  length: number,
  { slidingWindow }: Pick<DecoderConfig, 'slidingWindow'>,
  hint: string,
): void {
  if (slidingWindow === undefined || length <= slidingWindow) return;
  const why = `more than the model's sliding window of ${slidingWindow}, whose effect is not computed`;
  throw new DataError(`${what} has ${length} tokens, ${why}`, { hint });
}

/**
 * A sequence without tokens has no last one, and positions beyond the model's context would be computed, but mean nothing.
 * @param room how many tokens must fit behind each prompt
 * @param maxTokens of a response
 * @throws DataError for the first prompt that cannot be run
 */
export function checkPrompts(
  prompts: readonly ArrayLike<number>[],
  config: Pick<DecoderConfig, 'contextLength' | 'slidingWindow'>,
  room: 0 | 1,
  maxTokens: number = room,
): void {
  const { contextLength } = config;
  for (const [index, { length }] of prompts.entries()) {
    if (length === 0) {
      throw new DataError(`Prompt ${index + 1} has no tokens`, { hint: 'Leave empty prompts out with `where`.' });
    }
    const whole = Math.min(length + maxTokens, contextLength);
    const what = `Prompt ${index + 1}${maxTokens > 1 ? ` with its response of up to ${maxTokens} tokens` : ''}`;
    checkWindow(
      what,
      Math.max(length, whole),
      config,
      'Lower `max-tokens` or `max-length`, or leave long prompts out.',
    );
    if (length + room <= contextLength) continue;
    if (room === 0) {
      throw new DataError(
        `Prompt ${index + 1} has ${length} tokens, more than the model's context of ${contextLength}`,
        {
          hint: 'Lower `max-length`, or leave long prompts out.',
        },
      );
    }
    throw new DataError(
      `Prompt ${index + 1} has ${length} tokens, which leaves no room for a response in the model's context of ${contextLength}`,
      {
        hint: 'Leave long prompts out, or shorten them: fewer examples (`fewshot`), a lower `max-length`, or a lower `max-tokens` where responses are judged.',
      },
    );
  }
}
