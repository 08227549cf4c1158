import { nearestTo } from './statistics.js';
import type { EnergyRow } from './tables/energy.js';
import type { EvaluationRow } from './tables/evaluation.js';

/** What grows along a curve of a sweep. Fractions and ranks of one projection are two curves. */
export interface SweepAxis {
  readonly by: 'fraction' | 'rank';
  readonly symbol: string;
  /** Label of the axis of a figure. */
  readonly label: string;
  /** Over the columns of a table. */
  readonly columns: string;
  /** Text after the title of a table or panel; empty for the usual axis. */
  readonly suffix: string;
  readonly scale: 'linear' | 'log';
  domain(values: readonly number[]): readonly [number, number];
  /** Place of a value on the axis, 0 … 1. */
  along(value: number, values: readonly number[]): number;
  /** The value to speak of where there is room for one. */
  middle(values: readonly number[]): number | undefined;
}

const fraction: SweepAxis = {
  by: 'fraction',
  symbol: 'ρ',
  label: 'fraction ρ of the full rank',
  columns: 'fraction ρ',
  suffix: '',
  scale: 'linear',
  domain: () => [0, 1],
  along: (value) => value,
  middle: (values) => nearestTo(0.5, values),
};

/** Ranks of interest span orders of magnitude, and the first few directions are most of them: a scale of logarithms. */
const rank: SweepAxis = {
  by: 'rank',
  symbol: 'k',
  label: 'rank k, scale of logarithms',
  columns: 'rank k',
  suffix: ', by rank',
  scale: 'log',
  domain: (values) => [1, roundUp(Math.max(2, ...values))],
  along: (value, values) => Math.log(value) / Math.log(Math.max(2, ...values)),
  middle(values) {
    const ascending = [...new Set(values)].sort((a, b) => a - b);
    return ascending[Math.floor((ascending.length - 1) / 2)];
  },
};

/** Axes in the order of the page. */
export const sweepAxes: readonly SweepAxis[] = [fraction, rank];

/** A row of a projection on its axis. */
export function placeOf(row: Pick<EnergyRow | EvaluationRow, 'fraction' | 'rank'>): { axis: SweepAxis; at: number } {
  return row.rank === null ? { axis: fraction, at: row.fraction! } : { axis: rank, at: row.rank };
}

/** The next of 1, 2 and 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= value)!;
}
