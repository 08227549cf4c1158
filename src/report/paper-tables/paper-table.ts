import type { TableFormat } from '../../workflow/report.js';
import { groupBy } from '../statistics.js';

/** A number of a table: one measurement, or the mean of several seeds with their sample standard deviation. */
export interface PaperNumber {
  readonly mean: number;
  /** null: of one value there is none. */
  readonly deviation: number | null;
}

export interface PaperRow {
  /** Texts of its first columns. */
  readonly labels: readonly string[];
  /** What is compared with one another, column by column: rows of one group. */
  readonly group: string;
  /** A number a column; null where nothing was measured. */
  readonly numbers: readonly (PaperNumber | null)[];
}

/** A table in the layout of papers, as data: whoever writes a format lays it out. */
export interface PaperTable {
  /** Name of its file. */
  readonly name: string;
  readonly title: string;
  /** Heads of the columns of texts. */
  readonly labels: readonly string[];
  /** Heads of the columns of numbers; neighbours with the same `over` stand under one head. */
  readonly columns: readonly { readonly label: string; readonly over?: string }[];
  readonly rows: readonly PaperRow[];
  /** Which number of a column and group is set in bold; absent: none. */
  readonly best?: 'highest' | 'lowest';
}

/** How each format of a table is written. */
export type TableWriters = { readonly [Format in TableFormat]: (table: PaperTable) => string };

/** Mean and sample standard deviation of what was measured; null where nothing was. */
export function paperNumber(values: readonly (number | null)[]): PaperNumber | null {
  const measured = values.filter((value) => value !== null);
  const n = measured.length;
  if (n === 0) return null;
  const mean = measured.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, deviation: null };
  const squares = measured.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (n - 1)) };
}

/** Whether each number is the best of its column and group. Equals are all best; where all are equal, none is. */
export function bestOf({ rows, best }: PaperTable): readonly (readonly boolean[])[] {
  const none = rows.map(({ numbers }) => numbers.map(() => false));
  if (best === undefined) return none;
  for (const group of groupBy([...rows.entries()], ([, row]) => row.group).values()) {
    for (const column of rows[0]!.numbers.keys()) {
      const measured = group.flatMap(([, { numbers }]) => numbers[column]?.mean ?? []);
      if (new Set(measured).size < 2) continue;
      const most = measured.reduce((a, b) => (best === 'highest' ? Math.max(a, b) : Math.min(a, b)));
      for (const [index, { numbers }] of group) none[index]![column] = numbers[column]?.mean === most;
    }
  }
  return none;
}

/** Heads over neighbouring columns, with how many each spans; an empty head where there is none. */
export function headsOver({ columns }: PaperTable): { readonly text: string; readonly span: number }[] {
  const heads: { text: string; span: number }[] = [];
  for (const { over = '' } of columns) {
    const last = heads.at(-1);
    if (last !== undefined && over !== '' && last.text === over) last.span++;
    else heads.push({ text: over, span: 1 });
  }
  return heads;
}
