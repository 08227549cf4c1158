import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { DataError } from '../../diagnostics/errors.js';

/** A cell. null is a missing value: it is written as nothing, never as 0. */
export type Cell = string | number | null;

/**
 * One header line, columns in the given order, numbers with as many digits as it takes to read the same double back.
 * Lines end in \n, texts are quoted where RFC 4180 asks for it. A text that a spreadsheet would run as a formula gets a ' in
 * front, which spreadsheets do not show; numbers are never touched.
 */
export function writeCsv<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, Cell>>[],
): string {
  const cast = { number: exactNumber, string: withoutFormula };
  return stringify([...rows], { header: true, columns: [...columns], cast, quoted_match: /\r/ });
}

/** How a formula begins, also in the wide characters of East Asian keyboards, and after any number of ' of before. */
const formula = /^'*[=+\-@\t\r＝＋－＠]/;

function withoutFormula(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}

/** Takes back what `withoutFormula` did, and nothing else. */
function withFormula(text: string): string {
  return text.startsWith("'") && formula.test(text) ? text.slice(1) : text;
}

function exactNumber(value: number): string {
  if (!Number.isFinite(value)) throw new DataError(`a table cannot hold the number ${value}`);
  return Object.is(value, -0) ? '0' : String(value);
}

/**
 * Reads what writeCsv wrote: the named columns as numbers (empty = null), all others as text.
 * A file with more columns than asked for is fine; one that lacks a column, or holds text where a number belongs, is not.
 */
export function readCsv<Text extends string, Number extends string>(
  text: string,
  columns: { readonly text: readonly Text[]; readonly numbers: readonly Number[] },
): (Record<Text, string> & Record<Number, number | null>)[] {
  const records: Record<string, string>[] = parse(text, { columns: true, skip_empty_lines: true });
  return records.map((record, index) => {
    const row: Record<string, string | number | null> = {};
    for (const column of [...columns.text, ...columns.numbers]) {
      if (record[column] === undefined) throw new DataError(`the table has no column ${column}`);
    }
    for (const column of columns.text) row[column] = withFormula(record[column]!);
    for (const column of columns.numbers) row[column] = readNumber(record[column]!, column, index);
    return row as Record<Text, string> & Record<Number, number | null>;
  });
}

function readNumber(text: string, column: string, index: number): number | null {
  if (text === '') return null;
  const value = Number(text);
  if (!Number.isFinite(value))
    throw new DataError(`row ${index + 1} of the table has ${column} "${text}", not a number`);
  return value;
}
