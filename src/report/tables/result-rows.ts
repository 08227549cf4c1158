import { type RowOf, readTable, type TableColumns } from './csv.js';

interface ReadResult {
  readonly text: string;
  readonly columns: TableColumns;
  readonly rows: readonly unknown[];
}

/** What was read of each set of results. Several parts of a report read the same file, and a large one takes long to parse. */
const alreadyRead = new WeakMap<ReadonlyMap<string, string>, Map<string, ReadResult>>();

/**
 * Rows of a result that is among the files. It is parsed once, whoever reads it.
 * @throws DataError that names a column which is missing or holds something else
 */
export function readResult<C extends TableColumns>(
  files: ReadonlyMap<string, string>,
  name: string,
  columns: C,
): readonly RowOf<C>[] {
  const results = alreadyRead.get(files) ?? new Map<string, ReadResult>();
  alreadyRead.set(files, results);
  const text = files.get(name);
  if (text === undefined) throw new Error(`${name} is not among the results`);
  const known = results.get(name);
  if (known?.text === text && known.columns === columns) return known.rows as readonly RowOf<C>[];
  const rows = readTable(text, columns);
  results.set(name, { text, columns, rows });
  return rows;
}
