import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { DataError } from '../../diagnostics/errors.js';

/** A cell. null is a missing value: it is written as nothing, never as 0. */
export type Cell = string | number | null;

/**
 * The columns of a table in their order, and what each holds. `number?` may be missing; a text that is missing is empty. A
 * column of `number, if any` is left out where no row has one.
 * Each table's file declares its own; whoever reads the table takes them from there.
 */
export type TableColumns = Readonly<Record<string, 'text' | 'number' | 'number?' | 'number, if any'>>;

interface Values {
  readonly text: string;
  readonly number: number;
  readonly 'number?': number | null;
}

/** A row of a table with such columns. */
export type RowOf<C extends TableColumns> = {
  readonly [Name in keyof C as C[Name] extends 'number, if any' ? never : Name]: Values[Exclude<
    C[Name],
    'number, if any'
  >];
} & { readonly [Name in keyof C as C[Name] extends 'number, if any' ? Name : never]?: number | null };

/** The text of a table; the columns are its declaration. */
export function writeTable<C extends TableColumns>(columns: C, rows: readonly RowOf<C>[]): string {
  const cells = rows as readonly Readonly<Record<string, Cell | undefined>>[];
  const named = Object.entries(columns).filter(
    ([name, kind]) => kind !== 'number, if any' || cells.some((row) => (row[name] ?? null) !== null),
  );
  return writeCsv(
    named.map(([name]) => name),
    cells as readonly Readonly<Record<string, Cell>>[],
  );
}

/**
 * One header line, columns in the given order, numbers with as many digits as it takes to read the same double back.
 * Lines end in \n, texts are quoted where RFC 4180 asks for it. A text that a spreadsheet would run as a formula gets a ' in
 * front, which spreadsheets do not show; numbers are never touched.
 */
export function writeCsv<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, Cell>>[],
): string {
  return cellsText([columns, ...rows.map((row) => columns.map((column) => row[column]))]);
}

/** Lines of cells, as `writeCsv` writes them: the first is the header. Two columns may have one name. */
export function cellsText(lines: readonly (readonly Cell[])[]): string {
  const cast = { number: exactNumber, string: cellOfText };
  return stringify(
    lines.map((line) => [...line]),
    { cast, quoted_match: /\r/ },
  );
}

/** How a formula begins, also in the wide characters of East Asian keyboards, and after any number of ' of before. */
const formula = /^'*[=+\-@\t\r＝＋－＠]/;

/** A text as it stands in a cell: one that a spreadsheet would run as a formula gets a ' in front. */
export function cellOfText(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}

/** Takes back what `cellOfText` did, and nothing else. */
export function textOfCell(text: string): string {
  return text.startsWith("'") && formula.test(text) ? text.slice(1) : text;
}

function exactNumber(value: number): string {
  if (!Number.isFinite(value)) throw new DataError(`a table cannot hold the number ${value}`);
  return Object.is(value, -0) ? '0' : String(value);
}

/**
 * Reads the named columns of what `writeTable` or `writeCsv` wrote. A file with more columns than asked for is fine; one
 * that lacks a column, or holds nothing or text where a number belongs, is not.
 * @throws DataError that names the column
 */
export function readTable<C extends TableColumns>(text: string, columns: C): RowOf<C>[] {
  const records: Record<string, string>[] = parse(text, { columns: true, skip_empty_lines: true });
  return records.map((record, index) => {
    const row: Record<string, Cell> = {};
    for (const [column, kind] of Object.entries(columns)) {
      const cell = record[column] ?? (kind === 'number, if any' ? '' : undefined);
      if (cell === undefined) throw new DataError(`the table has no column ${column}`);
      row[column] = kind === 'text' ? textOfCell(cell) : readNumber(cell, column, index);
      if (kind === 'number' && row[column] === null)
        throw new DataError(`row ${index + 1} of the table has no ${column}`);
    }
    return row as RowOf<C>;
  });
}

/** A table as it stands in its file: cells are texts, those of formulas with their '. */
export interface RawTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function readRawTable(text: string): RawTable {
  const [columns = [], ...rows]: string[][] = parse(text, { skip_empty_lines: true });
  return { columns, rows };
}

export function writeRawTable({ columns, rows }: RawTable): string {
  return stringify([columns, ...rows], { quoted_match: /\r/ });
}

function readNumber(text: string, column: string, index: number): number | null {
  if (text === '') return null;
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new DataError(`row ${index + 1} of the table has ${column} "${text}", not a number`);
  return value;
}

/** All rows of what `writeTable` or `writeCsv` wrote, whatever its columns: tables of earlier versions have others. */
export function readCells(text: string): readonly Readonly<Record<string, string>>[] {
  const records: Record<string, string>[] = parse(text, { columns: true, skip_empty_lines: true });
  return records.map((record) =>
    Object.fromEntries(Object.entries(record).map(([column, cell]) => [column, textOfCell(cell)])),
  );
}
