import { RandomStream } from '../linalg/philox.js';

/**
 * Percentile bootstrap confidence intervals (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13):
 * the units are drawn with replacement, the statistic is taken of every draw, and the interval holds the middle part of
 * the values. Seeded: the same input gives the same interval.
 */
export interface BootstrapOptions {
  readonly seed: number;
  /** Names the random stream: estimates of one name and size are drawn alike, and so can be compared. */
  readonly stream: string;
  readonly resamples?: number;
  /** Of the interval, between 0 and 1. */
  readonly confidence?: number;
}

export const defaultResamples = 2000;
export const defaultConfidence = 0.95;

export interface Estimate {
  readonly value: number;
  /** Ends of the interval; null where there is none: fewer than two units, or a statistic that has no bound. */
  readonly low: number | null;
  readonly high: number | null;
  /** Units that were drawn from. */
  readonly n: number;
}

/**
 * A statistic of one or more groups of units, each drawn with replacement on its own: questions and seeds, for example.
 *
 * @param sizes How many units each group has, at least one.
 * @param statistic Of the units that were drawn, one list of positions a group. NaN stands for a draw that it is not
 *   defined for: such a draw counts against both ends, so that it can only widen the interval.
 * @returns With n = the size of the first group.
 */
export function bootstrap(
  sizes: readonly number[],
  statistic: (drawn: readonly Uint32Array[]) => number,
  options: BootstrapOptions,
): Estimate {
  return atOnce(bootstrapInSteps(sizes, statistic, options));
}

/** The same, and a break after every draw: whoever estimates much can do other things in between. */
export function* bootstrapInSteps(
  sizes: readonly number[],
  statistic: (drawn: readonly Uint32Array[]) => number,
  { seed, stream, resamples = defaultResamples, confidence = defaultConfidence }: BootstrapOptions,
): Generator<undefined, Estimate> {
  if (sizes.length === 0 || sizes.some((size) => size < 1)) throw new RangeError('a group to draw from is empty');
  const n = sizes[0]!;
  const value = statistic(sizes.map((size) => Uint32Array.from({ length: size }, (_, index) => index)));
  if (n < 2) return { value, low: null, high: null, n };
  const drawn = sizes.map((size) => new Uint32Array(size));
  const streams = sizes.map((_, group) => new RandomStream(seed, `bootstrap/${stream}/${group}`));
  const lower = new Float64Array(resamples);
  const upper = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample++) {
    for (let group = 0; group < sizes.length; group++) draw(drawn[group]!, streams[group]!, sample);
    const one = statistic(drawn);
    lower[sample] = Number.isNaN(one) ? Number.NEGATIVE_INFINITY : one;
    upper[sample] = Number.isNaN(one) ? Number.POSITIVE_INFINITY : one;
    yield;
  }
  const tail = (1 - confidence) / 2;
  return { value, low: finite(quantile(lower.sort(), tail)), high: finite(quantile(upper.sort(), 1 - tail)), n };
}

/** The result of work that offers breaks, without taking any. */
export function atOnce<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The mean of at least one number. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions): Estimate {
  return bootstrap([values.length], ([drawn]) => meanOf(values, drawn!), options);
}

/** Mean of a − b over units that both were measured on: a[i] and b[i] belong together and are drawn together. */
export function bootstrapPairedDifference(
  a: readonly number[],
  b: readonly number[],
  options: BootstrapOptions,
): Estimate {
  if (a.length !== b.length) throw new RangeError(`${a.length} and ${b.length} numbers make no pairs`);
  return bootstrapMean(
    a.map((value, index) => value - b[index]!),
    options,
  );
}

function meanOf(values: readonly number[], drawn: Uint32Array): number {
  let sum = 0;
  for (const index of drawn) sum += values[index]!;
  return sum / drawn.length;
}

/** Fills `drawn` with positions below its length; the bias of one 32-bit number a position is below length / 2³². */
function draw(drawn: Uint32Array, stream: RandomStream, sample: number): void {
  const size = drawn.length;
  stream.fill(drawn, sample * size);
  for (let index = 0; index < size; index++) drawn[index] = Math.floor((drawn[index]! * size) / 2 ** 32);
}

/** Linear interpolation between order statistics; between an infinite one and any other it is infinite. */
function quantile(sorted: Float64Array, at: number): number {
  const position = at * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  const weight = position - Math.floor(position);
  return weight === 0 || below === above ? below : below + (above - below) * weight;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
