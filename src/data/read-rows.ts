import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { DataError } from '../diagnostics/errors.js';
import { dataFormatOf } from '../formats/data-file.js';
import { describeSignature } from '../formats/file-signature.js';
import type { Json } from '../formats/json.js';
import type { Row } from './row.js';

/** A data file to read: its name decides the format, `read` hands out byte ranges. */
export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A JavaScript string holds no more UTF-16 units than this (V8). */
const longestText = 0x1fffffe8;

/**
 * All rows of a dataset file: .jsonl, .ndjson, .json (a list of objects), .csv and .tsv (first line = columns), each also
 * as .gz or .xz, and .parquet. A DataError names the file and the line or row that cannot be read.
 * @param limit how many rows are needed from the first on: of a parquet file no more are decoded
 */
export async function readRows(file: DataFile, limit?: number): Promise<Row[]> {
  const { format, compression } = dataFormatOf(file.name) ?? {};
  if (format === undefined) {
    throw new DataError(`${file.name}: not a dataset format that runflow reads`, {
      hint: 'Use .jsonl, .json, .csv or .tsv (also .gz or .xz), or .parquet.',
    });
  }
  try {
    if (format === 'parquet') return await readParquet(file, limit);
    const text = decodeText(await decompress(file, compression), file.name);
    if (format === 'csv' || format === 'tsv') return await readCsv(text, format === 'tsv' ? '\t' : ',', file.name);
    return format === 'json' ? readJson(text, file.name) : readJsonLines(text, file.name);
  } catch (error) {
    throw compression === undefined && error instanceof DataError ? await withSignature(error, file) : error;
  }
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

async function decompress(file: DataFile, compression: string | undefined): Promise<Uint8Array> {
  const raw = await file.read(0, file.bytes);
  if (compression === undefined) return raw;
  try {
    if (compression === 'gz') return await buffer(Readable.from([raw]).pipe(createGunzip()));
    // A CommonJS package: Node puts its exports on `default`, which its type declaration does not say.
    const { default: xz } = (await import('xz-decompress')) as unknown as { default: typeof import('xz-decompress') };
    return new Uint8Array(await new Response(new xz.XzReadableStream(new Blob([raw]).stream())).arrayBuffer());
  } catch (cause) {
    throw new DataError(`${file.name}: the ${compression} data is damaged or cut short`, {
      cause,
      hint: 'Download the file again.',
    });
  }
}

function decodeText(bytes: Uint8Array, name: string): string {
  if (bytes.length > longestText) {
    throw new DataError(`${name}: ${bytes.length} bytes of text are more than one file may hold (${longestText})`, {
      hint: 'Split the file, or use its .parquet form.',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`${name}: not UTF-8 text`, { cause, hint: 'Convert the file to UTF-8.' });
  }
}

function readJsonLines(text: string, name: string): Row[] {
  const rows: Row[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    rows.push(asRow(parseJson(line, `${name}:${index + 1}`), `${name}:${index + 1}`));
  });
  return rows;
}

function readJson(text: string, name: string): Row[] {
  const value = parseJson(text, name);
  if (!Array.isArray(value)) {
    throw new DataError(`${name}: the file must hold a list of objects`, {
      hint: 'If it holds one object a line, name it .jsonl.',
    });
  }
  return value.map((item, index) => asRow(item as Json, `${name}: item ${index + 1}`));
}

function parseJson(text: string, where: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new DataError(`${where}: not JSON: ${(cause as Error).message}`, { cause });
  }
}

function asRow(value: Json, where: string): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw new DataError(`${where}: a row must be an object of columns`);
}

/** Quoted fields, embedded delimiters and line breaks as RFC 4180 has them. Every value is text. */
async function readCsv(text: string, delimiter: string, name: string): Promise<Row[]> {
  const { parse } = await import('csv-parse/sync');
  try {
    return parse(text, { columns: true, bom: true, delimiter, skip_empty_lines: true }) as Row[];
  } catch (cause) {
    throw new DataError(`${name}: ${(cause as Error).message}`, {
      cause,
      hint: 'Quote fields that hold commas or quotes.',
    });
  }
}

async function readParquet(file: DataFile, limit: number | undefined): Promise<Row[]> {
  const { parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  try {
    const objects = await parquetReadObjects({
      file: {
        byteLength: file.bytes,
        slice: async (start: number, end = file.bytes) => {
          const part = await file.read(start, end - start);
          return part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength);
        },
      },
      compressors,
      ...(limit !== undefined && { rowEnd: limit }),
    });
    return objects.map((object) => plainJson(object) as Row);
  } catch (cause) {
    throw new DataError(`${file.name}: not a parquet file that can be read: ${(cause as Error).message}`, { cause });
  }
}

/** Parquet's values as JSON: 64-bit integers as numbers where exact and as text where not, dates as ISO 8601, bytes as numbers. */
function plainJson(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, plainJson);
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainJson(inner)]));
  }
  return value as Json;
}
