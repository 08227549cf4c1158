import { DataError } from '../diagnostics/errors.js';
import type { Json } from '../formats/json.js';

/** One example of a dataset: column → value. */
export type Row = { readonly [column: string]: Json };

/** The value of a column; undefined when the row has none of that name, whatever names all objects have (`constructor`). */
export function cellOf(row: Row, column: string): Json | undefined {
  return Object.hasOwn(row, column) ? row[column] : undefined;
}

/** The text of one cell. Numbers and booleans are written as JSON writes them; anything else is an error naming the place. */
export function textOf(row: Row, column: string, where: string): string {
  const value = cellOf(row, column);
  if (value === undefined) throw missingColumn(row, column, where);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new DataError(
    `${where}: column "${column}" holds ${value === null ? 'null' : 'a list or an object'}, not text`,
    {
      hint: 'Leave such rows out with `where`, or name another column in `columns`.',
    },
  );
}

/** The error for a column that is not there, listing those that are. */
export function missingColumn(row: Row, column: string, where: string): DataError {
  return new DataError(`${where}: there is no column "${column}"`, {
    hint: `The columns are: ${Object.keys(row).join(', ') || '(none)'}.`,
  });
}

/** Does what reads a text without knowing whose it is. @throws DataError with the place before its message */
export function at<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError(`${where}: ${cause.message}`, { cause, ...(cause.hint && { hint: cause.hint }) });
  }
}

/** Rows as JSON lines, the form in which they pass between steps. */
export function encodeRows(rows: readonly Row[]): Uint8Array {
  return new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

export function decodeRows(bytes: Uint8Array): Row[] {
  const text = new TextDecoder().decode(bytes);
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Row);
}
