import { warmupSteps } from '../formats/warmup-steps.js';

/** How the learning rate moves over a training run. */
export type Schedule = {
  readonly kind: 'cosine' | 'linear' | 'constant';
  readonly peak: number;
  /** Share of all optimizer steps in which the rate rises linearly from 0; the number of them is rounded up. */
  readonly warmup: number;
  /** Rounds up the f64 product, as transformers does: 0.07 of 100 is 8 steps. */
  readonly warmupOfProduct?: true;
};

/**
 * Learning rate of optimizer step `step` (from 0) of `total`, as transformers' `get_*_schedule_with_warmup`: the first step
 * of a warm-up has rate 0, the first after it the peak; cosine (half a period) and linear fall to 0 behind the last step.
 */
export function learningRate(schedule: Schedule, step: number, total: number): number {
  const { kind, peak, warmup } = schedule;
  const rising = warmupSteps(warmup, total, schedule.warmupOfProduct);
  if (step < rising) return (peak * step) / Math.max(1, rising);
  return peak * falls[kind]((step - rising) / Math.max(1, total - rising));
}

/** What is left of the peak when a part of the way behind the warm-up is done. */
const falls: { readonly [K in Schedule['kind']]: (progress: number) => number } = {
  cosine: (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)),
  linear: (progress) => 1 - progress,
  constant: () => 1,
};
