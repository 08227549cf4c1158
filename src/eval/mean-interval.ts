import { dirichletTail, type Weighed } from './dirichlet-tail.js';

/** Ends of a confidence interval; null where there is none. */
export interface Interval {
  readonly low: number | null;
  readonly high: number | null;
}

/** Values that a number can take at all. */
export type Bounds = readonly [least: number, most: number];

/**
 * Confidence interval of the mean of independent numbers that lie between bounds, whatever else their distribution: the
 * bound of Gaffke ("Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
 * Mathematical Methods of Statistics 14, 2005), that of Learned-Miller and Thomas ("A new confidence interval for the mean
 * of a bounded random variable", 2019). The lower end is the quantile `tail` of the mean of the values and the lower bound
 * under random weights, Dirichlet(1, …, 1); the upper end mirrors it. Of zeros and ones it is the interval of Clopper and
 * Pearson; where all values agree it is that interval of "another value" times the distance to the bound. That it holds
 * its level is proven for two values at the bounds; for others no exception is known, and test/bench/claims-coverage.ts
 * looks for one. Uses no random numbers and does not depend on the order of the values.
 *
 * @param tail chance that an end is beyond the mean, each: .025 for an interval of 95 %
 * @throws RangeError for a value beyond the bounds
 */
export function meanInterval(
  values: ArrayLike<number>,
  [least, most]: Bounds,
  tail: number,
): { readonly low: number; readonly high: number } {
  const counted = counts(values, least, most);
  const mirrored = counted.map(({ value, count }) => ({ value: -value, count }));
  return { low: lowerEnd(counted, least, tail), high: 0 - lowerEnd(mirrored, -most, tail) };
}

/**
 * How likely values like these are where their true mean is `mean` or less: below `tail` exactly where the lower end of
 * the interval lies above it.
 */
export function chanceOfMeanAtMost(values: ArrayLike<number>, bounds: Bounds, mean: number): number {
  const [least, most] = bounds;
  return dirichletTail([...counts(values, least, most), { value: least, count: 1 }], mean);
}

function counts(values: ArrayLike<number>, least: number, most: number): Weighed[] {
  // What adding and subtracting scores rounds must not pass for a value beyond the bounds.
  const slack = 1e-9 * (most - least);
  const found = new Map<number, number>();
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (!(value >= least - slack && value <= most + slack)) {
      throw new RangeError(`${value} does not lie between ${least} and ${most}`);
    }
    const inside = Math.min(most, Math.max(least, value));
    found.set(inside, (found.get(inside) ?? 0) + 1);
  }
  return [...found].map(([value, count]) => ({ value, count }));
}

/** The threshold at which the tail has the given chance: false position on its logarithm, halved where it lingers. */
function lowerEnd(counted: readonly Weighed[], least: number, tail: number): number {
  const values = [...counted, { value: least, count: 1 }];
  const total = values.reduce((sum, { count }) => sum + count, 0);
  const centre = values.reduce((sum, { value, count }) => sum + value * (count / total), 0);
  const excess = (threshold: number) => Math.log(dirichletTail(values, threshold)) - Math.log(tail);
  let [below, above] = [least, centre];
  if (!(above > below)) return least;
  let [atBelow, atAbove] = [Number.NEGATIVE_INFINITY, excess(above)];
  // How often in a row the same end has moved: below 0 the lower one.
  let streak = 0;
  while (above - below > 1e-12 * (centre - least)) {
    const middle = (below + above) / 2;
    const line = (below * atAbove - above * atBelow) / (atAbove - atBelow);
    const next = Math.abs(streak) < 2 && line > below && line < above ? line : middle;
    if (!(next > below && next < above)) break;
    const here = excess(next);
    if (here === 0) return next;
    if (here < 0) [below, atBelow, streak] = [next, here, next === middle ? 0 : Math.min(streak, 0) - 1];
    else [above, atAbove, streak] = [next, here, next === middle ? 0 : Math.max(streak, 0) + 1];
  }
  return below;
}
