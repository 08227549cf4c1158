import { CompensatedSum } from './compensated-sum.js';
import { groupBy } from './statistics.js';

/** What rows of all tables say of the training seed of their models; null or absent: they depend on none. */
export interface RowOfSeed {
  readonly training_seed?: number | null;
}

/** How a value differs between models that are trained with several seeds. */
export interface TrainingSpread {
  /** Training seeds that have a value. */
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation, Σ(x − mean)² / (n − 1) under the root; null of one seed. */
  readonly sd: number | null;
}

/** Fewer training seeds than this say so little that no interval could be made of them. */
const fewSeeds = 5;

/** @returns undefined where no value was measured */
export function trainingSpread(values: readonly number[]): TrainingSpread | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = sumOf(values) / n;
  if (n === 1) return { n, mean, sd: null };
  return { n, mean, sd: Math.sqrt(sumOf(values.map((value) => (value - mean) ** 2)) / (n - 1)) };
}

/**
 * The spread over training seeds of a value that rows of one seed have.
 * @returns undefined where the rows depend on no training seed
 */
export function overTrainingSeeds<Row extends RowOfSeed>(
  rows: readonly Row[],
  measure: (ofSeed: readonly Row[]) => number | undefined,
): TrainingSpread | undefined {
  const groups = [...byTrainingSeed(rows)].flatMap(([seed, group]) => (seed === null ? [] : [group]));
  return trainingSpread(groups.flatMap((group) => measure(group) ?? []));
}

/** Rows by training seed, in the order in which seeds first occur. */
function byTrainingSeed<Row extends RowOfSeed>(rows: readonly Row[]): Map<number | null, Row[]> {
  const groups = groupBy(rows, ({ training_seed: seed }) => String(seed ?? ''));
  return new Map([...groups].map(([seed, group]) => [seed === '' ? null : Number(seed), group]));
}

/** Ends of the bar around a mean, as points of figures have them. */
export function trainingBar(spread: TrainingSpread | undefined): {
  readonly bar?: { readonly from: number; readonly to: number };
} {
  if (spread === undefined || spread.sd === null) return {};
  return { bar: { from: spread.mean - spread.sd, to: spread.mean + spread.sd } };
}

/** What stands behind a name where figures and tables tell training seeds one by one. */
export function seedSuffix({ training_seed: seed }: RowOfSeed): string {
  return seed == null ? '' : `, training seed ${seed}`;
}

/** A row that stands for those of all training seeds. */
export type Averaged<Row> = Row & {
  /** Absent: the row depends on no training seed. */
  readonly training?: TrainingSpread;
};

/**
 * Rows that differ in nothing but the training seed and what was measured, as one: its measures are means over the training
 * seeds that have them, `training` the spread of the first, and counts are sums.
 */
export function averagedOverSeeds<Row extends RowOfSeed, Column extends keyof Row & string>(
  rows: readonly Row[],
  measures: readonly [Column, ...Column[]],
  counts: readonly Column[] = [],
): Averaged<Row>[] {
  if (rows.every(({ training_seed: seed }) => seed == null)) return [...rows];
  const others: readonly string[] = [...measures, ...counts, 'training_seed'];
  const identity = (row: Row) => JSON.stringify(Object.entries(row).filter(([name]) => !others.includes(name)));
  return [...groupBy(rows, identity).values()].map((group) => {
    const first = group[0]!;
    if (first.training_seed == null) return first;
    const numbers = (column: Column) => group.map((row) => row[column]).filter((value) => typeof value === 'number');
    const means = measures.map((column) => [column, trainingSpread(numbers(column))?.mean ?? null]);
    const sums = counts.map((column) => [column, sumOf(numbers(column))]);
    const training = trainingSpread(numbers(measures[0]));
    const averaged = { ...first, ...Object.fromEntries([...means, ...sums]), training_seed: null };
    return training === undefined ? averaged : { ...averaged, training };
  });
}

/** `± 0.012 (3)`: what stands behind a mean over training seeds; empty where it is none. */
export function spreadText(spread: TrainingSpread | undefined, text: (value: number) => string): string {
  if (spread === undefined) return '';
  return spread.sd === null ? ` (${spread.n})` : ` ± ${text(spread.sd)} (${spread.n})`;
}

/** What captions say of means over training seeds; empty where there is none. */
export function trainingNote(spreads: Iterable<TrainingSpread | undefined>): string {
  const counts = new Set<number>();
  for (const spread of spreads) if (spread !== undefined) counts.add(spread.n);
  if (counts.size === 0) return '';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const n = least === most ? `${least}` : `${least} to ${most}`;
  const few = least < fewSeeds ? `fewer than ${fewSeeds} seeds give no interval of their own` : 'it is no interval';
  return `Where models are trained with several seeds, values are means over n = ${n} training seeds; ± and the upright bars are the sample standard deviation over them, and ${few}.`;
}

/** What captions say of intervals over items beside means over training seeds; empty where there is none. */
export function itemsNote(spreads: Iterable<TrainingSpread | undefined>): string {
  for (const spread of spreads) {
    if (spread !== undefined)
      return 'Intervals over items are those of single training seeds, their ends averaged over the seeds: they say nothing of training.';
  }
  return '';
}

/** A rank, or the mean of the ranks that a tensor has with several training seeds. */
export function rankText(rank: number): string {
  return String(Number(rank.toFixed(1)));
}

/** Columns of a file of curves that hold the spread of each point; none where no point has one. */
export function spreadColumns(
  spreads: readonly (TrainingSpread | undefined)[],
): readonly ('training_n' | 'training_sd')[] {
  return spreads.some((spread) => spread !== undefined) ? ['training_n', 'training_sd'] : [];
}

export function spreadCells(spread: TrainingSpread | undefined) {
  return { training_n: spread?.n ?? null, training_sd: spread?.sd ?? null };
}

function sumOf(values: readonly number[]): number {
  const sum = new CompensatedSum();
  for (const value of values) sum.add(value);
  return sum.value;
}
