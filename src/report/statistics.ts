import { CompensatedSum } from './compensated-sum.js';

export interface Summary {
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation; null of one number. */
  readonly sd: number | null;
  readonly min: number;
  readonly max: number;
  /** First and third quartile, by linear interpolation. */
  readonly q1: number;
  readonly q3: number;
}

/** Summary of at least one number. */
export function summarize(values: readonly number[]): Summary {
  const sorted = Float64Array.from(values).sort();
  const sum = new CompensatedSum();
  for (const value of sorted) sum.add(value);
  const mean = sum.value / sorted.length;
  const squares = new CompensatedSum();
  for (const value of sorted) squares.add((value - mean) ** 2);
  return {
    n: sorted.length,
    mean,
    sd: sorted.length > 1 ? Math.sqrt(squares.value / (sorted.length - 1)) : null,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    q1: quantile(sorted, 0.25),
    q3: quantile(sorted, 0.75),
  };
}

function quantile(sorted: Float64Array, at: number): number {
  const position = at * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}

/** The value nearest to a target; the first of equals. */
export function nearestTo(target: number, values: Iterable<number>): number | undefined {
  let nearest: number | undefined;
  for (const value of values) {
    if (nearest === undefined || Math.abs(value - target) < Math.abs(nearest - target)) nearest = value;
  }
  return nearest;
}

/** Items by key, in order of first appearance. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
