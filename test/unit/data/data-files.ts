import * as assert from 'uvu/assert';
import type { DataFile } from '../../../src/data/data-file.js';
import type { DataLimits } from '../../../src/data/data-limits.js';
import { type RowsWanted, readRows } from '../../../src/data/read-rows.js';
import type { Row } from '../../../src/data/row.js';
import { DataError } from '../../../src/diagnostics/errors.js';

/** A data file in memory. */
export function dataFile(name: string, content: string | Uint8Array): DataFile {
  const bytes = new Uint8Array(typeof content === 'string' ? Buffer.from(content) : content);
  return { name, bytes: bytes.length, read: async (offset, length) => bytes.slice(offset, offset + length) };
}

export async function rowsOf(file: DataFile, wanted?: RowsWanted, limits?: DataLimits): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of readRows(file, wanted, limits)) rows.push(...batch);
  return rows;
}

/** The DataError by which a file is refused. */
export async function refusalOf(file: DataFile, wanted?: RowsWanted, limits?: DataLimits): Promise<DataError> {
  try {
    await rowsOf(file, wanted, limits);
  } catch (error) {
    assert.instance(error, DataError, String((error as Error).stack));
    return error as DataError;
  }
  return assert.unreachable(`${file.name} should have been refused`) as never;
}
