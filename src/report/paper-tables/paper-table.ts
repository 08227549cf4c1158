import type { TableFormat } from '../../workflow/report.js';
import { groupBy, type Summary } from '../statistics.js';
import type { TrainingSpread } from '../training-seeds.js';

/** A number of a table: one measurement, or a mean with the sample standard deviation of what it is over. */
export interface PaperNumber {
  readonly mean: number;
  /** null: of one value there is none. */
  readonly deviation: number | null;
  /** Training seeds that the deviation is over; absent: it is over what the title names. */
  readonly seeds?: number;
  /** The title says of what; absent: numbers of the column have none, or this one is no mean. */
  readonly range?: NumberRange | 'unknown';
}

/** Ends of an interval, or the lowest and the highest of what a mean is over. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

/** How the numbers of a column are written. */
export type Notation = 'ratio' | 'significant' | 'count';

export interface PaperColumn {
  readonly label: string;
  /** Head over this column and its neighbours with the same. */
  readonly over?: string;
  /** Absent: a ratio. */
  readonly notation?: Notation;
  /** Which of its numbers is set in bold in each group; absent: none. */
  readonly best?: 'highest' | 'lowest';
}

export interface PaperRow {
  /** Texts of its first columns. */
  readonly labels: readonly string[];
  /** What is compared with one another, column by column: rows of one group. */
  readonly group: string;
  /** A number a column; null where nothing was measured. */
  readonly numbers: readonly (PaperNumber | null)[];
  /** What the numbers do not say; absent or empty: nothing. */
  readonly note?: string;
}

/** A table in the layout of papers, as data: whoever writes a format lays it out. */
export interface PaperTable {
  /** Name of its file. */
  readonly name: string;
  readonly title: string;
  /** Heads of the columns of texts. */
  readonly labels: readonly string[];
  /** The columns of numbers. */
  readonly columns: readonly PaperColumn[];
  readonly rows: readonly PaperRow[];
}

/** How each format of a table is written. */
export type TableWriters = { readonly [Format in TableFormat]: (table: PaperTable) => string };

/**
 * A mean as the page tells it: with what training makes of it where models have several training seeds, and else with the
 * deviation of what it is over. null where nothing was measured.
 */
export function numberOver(
  over: Pick<Summary, 'mean' | 'sd'> | undefined,
  training: TrainingSpread | undefined,
): PaperNumber | null {
  if (over === undefined) return null;
  if (training === undefined) return { mean: over.mean, deviation: over.sd };
  return { mean: over.mean, deviation: training.sd, seeds: training.n };
}

/** A number of which there is no more to say; null where nothing was measured. */
export function plainNumber(mean: number | null | undefined): PaperNumber | null {
  return mean == null ? null : { mean, deviation: null };
}

/** A number with the range that it lies in, where there is one. */
export function withRange(number: PaperNumber | null, range: PaperNumber['range']): PaperNumber | null {
  return number === null || range === undefined ? number : { ...number, range };
}

/** Whether some row has a note: then the notes are the last column. */
export function hasNotes({ rows }: PaperTable): boolean {
  return rows.some(({ note = '' }) => note !== '');
}

/** What a title says of means and deviations. `units`: what means are over without training seeds. */
export function deviationText(rows: readonly PaperRow[], units: string): string {
  const text = `mean and standard deviation over ${units}`;
  return hasTrainingSeeds(rows) ? `${text}; with a number in brackets, deviation over so many training seeds` : text;
}

/** What a title says of means over training seeds; empty where there is none. */
export function trainingText(rows: readonly PaperRow[]): string {
  return hasTrainingSeeds(rows)
    ? '; with a number in brackets, mean and standard deviation over so many training seeds'
    : '';
}

export function hasTrainingSeeds(rows: readonly PaperRow[]): boolean {
  return rows.some(({ numbers }) => numbers.some((number) => number?.seeds !== undefined));
}

/** Whether each number is the best of its column and group. Equals are all best; where all are equal, none is. */
export function bestOf({ rows, columns }: PaperTable): readonly (readonly boolean[])[] {
  const found = rows.map(({ numbers }) => numbers.map(() => false));
  const groups = [...groupBy([...rows.entries()], ([, row]) => row.group).values()];
  for (const [column, { best }] of columns.entries()) {
    if (best === undefined) continue;
    for (const group of groups) {
      const measured = group.flatMap(([, { numbers }]) => numbers[column]?.mean ?? []);
      if (new Set(measured).size < 2) continue;
      const most = measured.reduce((a, b) => (best === 'highest' ? Math.max(a, b) : Math.min(a, b)));
      for (const [index, { numbers }] of group) found[index]![column] = numbers[column]?.mean === most;
    }
  }
  return found;
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
