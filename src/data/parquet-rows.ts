import type { Compressors, FileMetaData } from 'hyparquet';
import { DataError, RunflowError } from '../diagnostics/errors.js';
import { JsonSyntaxError } from '../formats/strict-json.js';
import type { DataFile } from './data-file.js';
import { type DataLimits, mebibytes } from './data-limits.js';
import { boundedCompressors, checkPages } from './parquet-pages.js';
import { type ParquetColumn, parquetColumns, type RowMeter } from './parquet-schema.js';
import { ParquetValueError } from './parquet-values.js';
import type { Row } from './row.js';
import { batchOf } from './row-batches.js';

/** The footer of a real file has some megabytes at most. */
const maximumFooterBytes = 64 << 20;

/**
 * The rows of a parquet file, row group by row group, of which only the wanted columns are decoded. Sizes are looked at
 * before anything is unpacked.
 */
export async function* parquetRows(
  file: DataFile,
  {
    limit = Number.POSITIVE_INFINITY,
    columns: wanted,
  }: { readonly limit?: number; readonly columns?: readonly string[] },
  limits: DataLimits,
): AsyncGenerator<readonly Row[]> {
  try {
    yield* rowGroups(file, limit, wanted, limits);
  } catch (cause) {
    // What the file's own words lead to, be it a number where a text should be, is the file's fault; reading may fail by itself.
    const own = cause instanceof RunflowError || ['AbortError', 'SystemError'].includes((cause as Error).name);
    if (own || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    const what = (cause as Error).message;
    throw new DataError(`${file.name}: not a parquet file that can be read: ${what}`, { cause });
  }
}

async function* rowGroups(
  file: DataFile,
  limit: number,
  wanted: readonly string[] | undefined,
  limits: DataLimits,
): AsyncGenerator<readonly Row[]> {
  const { name } = file;
  const metadata = await readFooter(file);
  const { columns, stored, meter, levels } = parquetColumns(metadata, name, limits);
  const chosen = wanted === undefined ? columns : wanted.map((column) => columnOf(columns, column, name));
  const compressors = await boundedCompressors(limits);
  let before = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    if (before >= limit) return;
    const rows = Number(group.num_rows);
    checkSize(metadata, index, chosen, name, limits);
    const end = Math.min(rows, limit - before);
    for (const chunk of chosen.flatMap((column) => column.chunks)) {
      await checkPages(file, group.columns[chunk]!.meta_data!, levels[chunk]!, compressors, limits);
    }
    const values = await readGroup(file, stored, before, before + end, chosen, compressors);
    for (let from = 0; from < values.length; from += meter.rows) {
      meter.beginBatch();
      yield* batchOf(rowsOf(values, from, meter, chosen, name, before));
    }
    before += rows;
  }
}

type Cells = Readonly<Record<string, unknown>>;
const noCells: Cells = {};
const batchRows = 4096;
const batchBytes = 1 << 24;

/** Rows from `from` on, as many as together have about the size of a batch. */
function* rowsOf(
  values: Cells[],
  from: number,
  meter: RowMeter,
  columns: readonly ParquetColumn[],
  name: string,
  before: number,
): Generator<Row> {
  for (let index = from; index < values.length && meter.rows < batchRows && meter.bytes < batchBytes; index++) {
    const cells = values[index]!;
    const where = `${name}: row ${before + index + 1}`;
    meter.beginRow();
    yield Object.fromEntries(columns.map((column) => [column.name, cellOf(column, cells[column.alias], where)]));
    // What was read can go.
    values[index] = noCells;
  }
}

function cellOf(column: ParquetColumn, stored: unknown, where: string) {
  try {
    return column.read(stored);
  } catch (cause) {
    if (!(cause instanceof ParquetValueError || cause instanceof JsonSyntaxError)) throw cause;
    throw new DataError(`${where}, column "${column.name}": ${cause.message}`, {
      cause,
      hint: 'Name the columns that are needed in `columns`, without this one, or write it as text.',
    });
  }
}

async function readFooter(file: DataFile): Promise<FileMetaData> {
  const { parquetMetadataAsync } = await import('hyparquet');
  if (file.bytes < 12) throw new Error('it is too short');
  const tail = await file.read(file.bytes - 8, 8);
  const bytes = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (bytes > maximumFooterBytes) throw new Error(`its footer of ${bytes} bytes is too long`);
  const metadata = await parquetMetadataAsync(bufferOf(file), { geoparquet: false });
  const rows = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  if (rows !== metadata.num_rows) throw new Error(`it says ${metadata.num_rows} rows and has groups of ${rows}`);
  return metadata;
}

function columnOf(columns: readonly ParquetColumn[], wanted: string, name: string): ParquetColumn {
  const column = columns.find((candidate) => candidate.name === wanted);
  if (column !== undefined) return column;
  throw new DataError(`${name}: there is no column "${wanted}"`, {
    hint: `The columns are: ${columns.map((candidate) => candidate.name).join(', ') || '(none)'}.`,
  });
}

function checkSize(
  metadata: FileMetaData,
  index: number,
  columns: readonly ParquetColumn[],
  name: string,
  { rowGroupBytes, rowGroupValues, rows }: DataLimits,
): void {
  const group = metadata.row_groups[index]!;
  const chunks = columns.flatMap((column) => column.chunks).map((chunk) => group.columns[chunk]?.meta_data);
  let bytes = 0n;
  let values = 0n;
  for (const chunk of chunks) {
    if (chunk === undefined) throw new Error(`row group ${index + 1} lacks a column`);
    const { total_compressed_size: packed, total_uncompressed_size: whole } = chunk;
    bytes += packed > whole ? packed : whole;
    values += chunk.num_values;
  }
  const flat = columns.filter((column) => column.flat).map((column) => group.columns[column.chunks[0]!]!.meta_data!);
  if (flat.some((chunk) => chunk.num_values !== group.num_rows)) {
    throw new Error(`a column of row group ${index + 1} has another number of values than it has rows`);
  }
  if (bytes <= rowGroupBytes && values <= rowGroupValues && group.num_rows <= rows) return;
  const what = bytes > rowGroupBytes ? mebibytes(Number(bytes)) : `${values} values, ${group.num_rows} rows`;
  throw new DataError(`${name}: row group ${index + 1} is larger than one may be: ${what}`, {
    hint: `At most ${mebibytes(rowGroupBytes)} and ${rowGroupValues} values are read at once: write smaller row groups, or name fewer columns.`,
  });
}

async function readGroup(
  file: DataFile,
  metadata: FileMetaData,
  rowStart: number,
  rowEnd: number,
  columns: readonly ParquetColumn[],
  compressors: Compressors,
): Promise<Cells[]> {
  const { parquetReadObjects } = await import('hyparquet');
  const rows = await parquetReadObjects({
    file: bufferOf(file),
    metadata,
    columns: columns.map(({ alias }) => alias),
    compressors,
    utf8: false,
    rowStart,
    rowEnd,
    // The only type that is left: 96-bit integers were points of time.
    parsers: { timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds },
  });
  return rows as Cells[];
}

function bufferOf(file: DataFile) {
  return {
    byteLength: file.bytes,
    slice: async (start: number, end = file.bytes) => {
      const part = await file.read(start, end - start);
      return part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength);
    },
  };
}
