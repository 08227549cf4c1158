import { enoughTokens } from '../../nn/rows-that-fit.js';

/**
 * Cuts rows, in their order, into batches of a bounded number of tokens.
 * @param fit tokens that go through the model at a time, unless one row alone has more
 */
export function* tokenBatches<T>(
  rows: readonly T[],
  tokensOf: (row: T) => number,
  fit: number,
): Generator<readonly T[]> {
  const batchTokens = Math.min(enoughTokens, fit);
  let batch: T[] = [];
  let tokens = 0;
  for (const row of rows) {
    tokens += tokensOf(row);
    if (batch.length > 0 && tokens > batchTokens) {
      yield batch;
      batch = [];
      tokens = tokensOf(row);
    }
    batch.push(row);
  }
  if (batch.length > 0) yield batch;
}
