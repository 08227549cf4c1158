import { DataError } from '../diagnostics/errors.js';
import type { DecoderConfig } from './config.js';

/**
 * A sequence without tokens has no last one, and positions beyond the model's context would be computed, but mean nothing.
 * @param room how many tokens must fit behind each prompt
 * @throws DataError for the first prompt that cannot be run
 */
export function checkPrompts(
  prompts: readonly ArrayLike<number>[],
  { contextLength }: Pick<DecoderConfig, 'contextLength'>,
  room: 0 | 1,
): void {
  for (const [index, { length }] of prompts.entries()) {
    if (length === 0) {
      throw new DataError(`Prompt ${index + 1} has no tokens`, { hint: 'Leave empty prompts out with `where`.' });
    }
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
