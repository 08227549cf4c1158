import { DataError } from '../diagnostics/errors.js';
import { type DataFormat, dataFormatOf } from '../formats/data-file.js';
import { describeSignature } from '../formats/file-signature.js';
import { csvRows } from './csv-rows.js';
import type { DataFile } from './data-file.js';
import { type DataLimits, dataLimits } from './data-limits.js';
import { decodeText } from './decode-text.js';
import { JsonDocument, JsonLines } from './json-rows.js';
import { parquetRows } from './parquet-rows.js';
import type { Row } from './row.js';
import { rowBatches } from './row-batches.js';
import { unpacked } from './unpack.js';

export interface RowsWanted {
  /** How many rows are needed from the first on: of a parquet file no more are decoded. */
  readonly limit?: number;
  /** The columns that are needed: of a parquet file no others are decoded. Default: all. */
  readonly columns?: readonly string[];
}

/**
 * The rows of a dataset file, in batches as they are read: .jsonl, .ndjson, .json (a list of objects), .csv and .tsv (first
 * line = columns), each also as .gz or .xz, and .parquet. What comes out is what the file says or an error: numbers that
 * a double cannot hold stay texts, columns keep their names, and a DataError names the file and the line or row that
 * cannot be read.
 */
export async function* readRows(
  file: DataFile,
  wanted: RowsWanted = {},
  limits: DataLimits = dataLimits,
): AsyncGenerator<readonly Row[]> {
  const { name } = file;
  const { format, compression } = dataFormatOf(name) ?? {};
  if (format === undefined) {
    throw new DataError(`${name}: not a dataset format that runflow reads`, {
      hint: 'Use .jsonl, .json, .csv or .tsv (also .gz or .xz), or .parquet.',
    });
  }
  if (format === 'parquet' && compression !== undefined) {
    throw new DataError(`${name}: a parquet file is packed inside, and not read when packed again`, {
      hint: `Unpack it: ${compression === 'gz' ? 'gzip' : 'xz'} -d ${name}`,
    });
  }
  try {
    if (format === 'parquet') return yield* parquetRows(file, wanted, limits);
    yield* textRows(unpacked(file, compression, limits, wanted.limit === undefined), format, name, limits);
  } catch (error) {
    throw compression === undefined && error instanceof DataError ? await withSignature(error, file) : error;
  }
}

/** The rows of a text that comes in parts, wherever they are cut. */
export function textRows(
  parts: AsyncIterable<Uint8Array>,
  format: Exclude<DataFormat, 'parquet'>,
  name: string,
  limits: DataLimits,
): AsyncGenerator<readonly Row[]> {
  const texts = decodeText(parts, name);
  if (format === 'csv' || format === 'tsv') return csvRows(texts, format, name, limits);
  return rowBatches(texts, format === 'json' ? new JsonDocument(name, limits) : new JsonLines(name, limits));
}

/** Adds what the file seems to be instead: a web page, a Git LFS pointer, an archive. */
async function withSignature(error: DataError, file: DataFile): Promise<DataError> {
  const signature = describeSignature(await file.read(0, Math.min(file.bytes, 512)));
  if (signature === undefined) return error;
  const hint = signature.hint ?? error.hint;
  return new DataError(`${error.message}; the file looks like ${signature.what}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
