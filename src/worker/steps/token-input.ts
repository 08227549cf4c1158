import { DataError } from '../../diagnostics/errors.js';
import { type TokenRow, unpackTokenRows } from '../../formats/token-rows.js';
import type { DecoderConfig } from '../../nn/config.js';
import { checkWindow } from '../../nn/prompt-lengths.js';
import type { StepContext } from '../step-context.js';

/** Rows of the input `tokens`, all outputs of a tokenise step. */
export async function tokenRows(context: StepContext): Promise<TokenRow[]> {
  const artifacts = context.inputs('tokens');
  const integers = async (name: string) => new Int32Array((await context.read(artifacts[name]!)).slice().buffer);
  return unpackTokenRows({
    inputIds: await integers('input-ids'),
    labels: await integers('labels'),
    offsets: await integers('offsets'),
  });
}

/**
 * Positions beyond what the model was made for would be computed, but mean nothing; rows beyond its window are not computed.
 * @throws DataError for the first row that is too long
 */
export function checkLengths(
  rows: readonly TokenRow[],
  config: Pick<DecoderConfig, 'contextLength' | 'slidingWindow'>,
): void {
  const { contextLength } = config;
  const hint = 'Lower `max-length`.';
  for (const [index, { inputIds }] of rows.entries()) checkWindow(`Row ${index + 1}`, inputIds.length, config, hint);
  const index = rows.findIndex(({ inputIds }) => inputIds.length > contextLength);
  if (index >= 0) {
    throw new DataError(
      `Row ${index + 1} has ${rows[index]!.inputIds.length} tokens, more than the model's context of ${contextLength}`,
      { hint },
    );
  }
}
