/** How the learning rate moves over a training run. */
export type Schedule = {
  readonly kind: 'cosine' | 'linear' | 'constant';
  readonly peak: number;
  /** Share of all optimizer steps in which the rate rises linearly from 0; the number of them is rounded up. */
  readonly warmup: number;
};

/**
 * Learning rate of optimizer step `step` (from 0) of `total`, as transformers' `get_*_schedule_with_warmup`: the first step
 * of a warm-up has rate 0, the first after it the peak; cosine (half a period) and linear fall to 0 behind the last step.
 */
export function learningRate({ kind, peak, warmup }: Schedule, step: number, total: number): number {
  const warmupSteps = wholeSteps(warmup, total);
  if (step < warmupSteps) return (peak * step) / Math.max(1, warmupSteps);
  if (kind === 'constant') return peak;
  const progress = (step - warmupSteps) / Math.max(1, total - warmupSteps);
  return kind === 'linear' ? peak * (1 - progress) : peak * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/** A share of some steps, or a number of epochs of them, rounded up: 0.07 of 100 is 7, though 0.07 · 100 is over 7 in f64. */
export function wholeSteps(share: number, steps: number): number {
  return Math.max(0, Math.ceil(share * steps - 1e-9));
}
