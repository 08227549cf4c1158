import type { Interval } from './mean-interval.js';

/**
 * Confidence interval of the median of independent numbers, whatever their distribution, ties included: the order
 * statistics that the sign test cannot reject (Conover, "Practical nonparametric statistics", 1999, section 3.2). Each end
 * is beyond the median with a chance of at most `tail`; with fewer numbers than `fewestUnits(tail)` there is none.
 */
export function medianInterval(values: ArrayLike<number>, tail: number): Interval {
  const sorted = Float64Array.from(values).sort();
  const beyond = orderStatistic(sorted.length, tail);
  if (beyond === 0) return { low: null, high: null };
  return { low: sorted[beyond - 1]!, high: sorted[sorted.length - beyond]! };
}

/** How many units it takes to decide anything: that all of them lie on one side by chance must be rarer than `tail`. */
export function fewestUnits(tail: number): number {
  let units = 1;
  while (0.5 ** units > tail) units++;
  return units;
}

/** The median of at least one number; of an even count the mean of the middle two. */
export function medianOf(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The largest k with P(fewer than k of n coins show heads) ≤ tail. */
function orderStatistic(n: number, tail: number): number {
  // log of n over k, times 2⁻ⁿ; sums of them stay accurate where 2⁻ⁿ itself is too small for a number.
  let logChance = -n * Math.LN2;
  let sum = 0;
  for (let heads = 0; heads <= n; heads++) {
    sum += Math.exp(logChance);
    if (sum > tail) return heads;
    logChance += Math.log((n - heads) / (heads + 1));
  }
  return n;
}
