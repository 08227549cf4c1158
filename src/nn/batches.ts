import { ignoredLabel, type TokenRow } from '../formats/token-rows.js';
import { permutation } from '../linalg/permutation.js';

/** One optimizer step: its micro-batches, each a list of row numbers. */
export type EffectiveBatch = readonly (readonly number[])[];

export type BatchPlan = {
  readonly rows: number;
  /** Rows a micro-batch, micro-batches an optimizer step. */
  readonly batch: number;
  readonly accumulate: number;
  /** Passes over the rows; the last may be cut by `steps`. */
  readonly epochs?: number;
  readonly steps?: number;
  readonly order: 'shuffled' | 'as-is';
  readonly seed: number;
};

/** Optimizer steps of a plan. An incomplete effective batch at the end of an epoch is a step of its own. */
export function stepCount({ rows, batch, accumulate, epochs, steps }: BatchPlan): number {
  const anEpoch = Math.ceil(rows / (batch * accumulate));
  return steps ?? Math.max(1, Math.ceil((epochs ?? 1) * anEpoch));
}

/**
 * The rows of optimizer step `step` (from 0). A pure function of the plan: a resumed run reads the same rows. Each epoch has
 * an order of its own, drawn by the seed.
 */
export function batchAt(plan: BatchPlan, step: number): EffectiveBatch {
  const effective = plan.batch * plan.accumulate;
  const anEpoch = Math.ceil(plan.rows / effective);
  const epoch = Math.floor(step / anEpoch);
  const first = (step % anEpoch) * effective;
  const order = epochOrder(plan, epoch);
  const rows = Array.from(order.subarray(first, Math.min(first + effective, plan.rows)));
  return Array.from({ length: Math.ceil(rows.length / plan.batch) }, (_, index) =>
    rows.slice(index * plan.batch, (index + 1) * plan.batch),
  );
}

/** The order drawn last: an epoch has many steps, and drawing takes milliseconds. */
let drawn: { readonly of: string; readonly order: Uint32Array } | undefined;

function epochOrder({ rows, order, seed }: BatchPlan, epoch: number): Uint32Array {
  if (order === 'as-is') return Uint32Array.from({ length: rows }, (_, index) => index);
  const of = `${rows} ${seed} ${epoch}`;
  if (drawn?.of !== of) {
    drawn = { of, order: permutation(rows, { seed, stream: `data order of epoch ${epoch}` }) };
  }
  return drawn.order;
}

/** Positions whose prediction the loss counts: labels beyond the first that are not ignored. */
export function targetCount(row: Pick<TokenRow, 'labels'>): number {
  let count = 0;
  for (let i = 1; i < row.labels.length; i++) if (row.labels[i] !== ignoredLabel) count++;
  return count;
}

/**
 * Weight of every micro-batch's summed loss in the step's loss. `effective-batch`: 1 ÷ all targets of the step, Hugging
 * Face's Trainer since 4.46. `micro-batch`: the mean of the micro-batches' means, before that; one without targets counts
 * as 0 there.
 */
export function lossWeights(targets: readonly number[], normalisation: 'effective-batch' | 'micro-batch'): number[] {
  const total = targets.reduce((sum, count) => sum + count, 0);
  if (normalisation === 'effective-batch') return targets.map(() => (total === 0 ? 0 : 1 / total));
  return targets.map((count) => (count === 0 ? 0 : 1 / (count * targets.length)));
}
