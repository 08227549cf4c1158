/** Tokens that go through a model at a time, unless one row alone has more. */
const batchTokens = 4096;

/** Cuts rows, in their order, into batches of a bounded number of tokens. */
export function* tokenBatches<T>(rows: readonly T[], tokensOf: (row: T) => number): Generator<readonly T[]> {
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
