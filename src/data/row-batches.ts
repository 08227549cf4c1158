import type { Row } from './row.js';

/** Turns the parts of a text into rows, wherever it is cut. */
export interface RowReader {
  /** The rows that are whole with this part. */
  rows(text: string): Iterable<Row>;
  /** The rest, when the text has ended. */
  end(): Iterable<Row>;
}

/** Rows of a text, as many together as a part of it completes: one by one they would wait for each other far too often. */
export async function* rowBatches(texts: AsyncIterable<string>, reader: RowReader): AsyncGenerator<readonly Row[]> {
  for await (const text of texts) yield* batchOf(reader.rows(text));
  yield* batchOf(reader.end());
}

/** All rows, and after them the error that ended them: who needs no more rows never meets it. */
export function* batchOf(rows: Iterable<Row>): Generator<readonly Row[]> {
  const batch: Row[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    for (const row of rows) batch.push(row);
  } catch (error) {
    failure = { error };
  }
  if (batch.length > 0) yield batch;
  if (failure !== undefined) throw failure.error;
}
