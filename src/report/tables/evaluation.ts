import type { ProjectionMode, ProjectionSide } from '../../formats/projection.js';
import { type RowOf, writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const evaluationColumns = {
  model: 'text',
  update: 'text',
  subspace: 'text',
  seed: 'number?',
  mode: 'text',
  side: 'text',
  fraction: 'number?',
  metric: 'text',
  value: 'number?',
  ci_low: 'number?',
  ci_high: 'number?',
  n: 'number',
  invalid: 'number',
  rank: 'number?',
  stderr: 'number?',
  times: 'number?',
  ...trainingSeedColumn,
} as const;

/**
 * A row of evaluation.csv: one measurement of one model. Of `model` and `update` one is empty. With `times` it is `model` at
 * another multiple of the term that a sweep varies.
 */
export type EvaluationRow = RowOf<typeof evaluationColumns>;

/** What was measured: a model as it is, or the model that a projected update makes. Of the two names one is null. */
export type Measured = {
  readonly model: string | null;
  readonly update: string | null;
  readonly subspace: string | null;
  readonly seed: number | null;
  readonly mode: ProjectionMode | null;
  readonly side: ProjectionSide | null;
  readonly fraction: number | null;
  /** Rank of a point that is a number of directions, which has no fraction. */
  readonly rank?: number;
  /** Multiple of the term that a sweep varies, of a point of a combined model. */
  readonly times?: number;
};

/** A mean with the ends of its confidence interval; null where there is none. */
export interface MeasuredMean {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Standard error: the sample standard deviation of the items over the root of their number; null where there is none. */
  readonly standardError: number | null;
  /** Items that count. */
  readonly n: number;
  /** Items that do not. */
  readonly invalid: number;
}

/** The metric of a row of a further score of a metric. A point cannot be in a metric's own name. */
export function namedScore(metric: string, name: string): string {
  return `${metric}.${name}`;
}

/** The metric of a row of one group of a metric's items. A slash cannot be in a metric's own name. */
export function scoreOfGroup(metric: string, group: string): string {
  return `${metric}/${group}`;
}

/** Builds evaluation.csv. Rows that two sweeps have in common stand in it once. */
export class EvaluationTable {
  readonly #rows: EvaluationRow[] = [];
  readonly #seen = new Set<string>();

  add(row: Measured & OfTrainingSeed & { readonly metric: string }, mean: MeasuredMean): void {
    const { model, update, subspace, seed, mode, side, fraction, rank = null, times = null, metric } = row;
    const of = { model, update, subspace, seed, mode, side, fraction, metric, rank, times, ...trainingSeedCell(row) };
    const identity = JSON.stringify(Object.values(of));
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    const { value, low, high, n, invalid, standardError: stderr } = mean;
    const named = { update: update ?? '', subspace: subspace ?? '', mode: mode ?? '', side: side ?? '' };
    this.#rows.push({ ...of, model: model ?? '', ...named, value, ci_low: low, ci_high: high, n, invalid, stderr });
  }

  csv(): string {
    return writeTable(evaluationColumns, this.#rows);
  }
}
