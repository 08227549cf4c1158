import { type Behaviour, levelOf } from './behaviour.js';
import { chanceOfMeanAtMost, type Interval, meanInterval } from './mean-interval.js';

/**
 * A weighted sum of what several models scored on the same item, such as "after minus before": factors by behaviour, which
 * add up to 0. Its mean over items is a difference of levels, and items that are hard for every model cancel out of it.
 */
export type Contrast = ReadonlyMap<Behaviour, number>;

/** The sum of behaviours times factors; a behaviour may come more than once. */
export function contrastOf(terms: Iterable<readonly [Behaviour, number]>): Contrast {
  const contrast = new Map<Behaviour, number>();
  for (const [behaviour, factor] of terms) contrast.set(behaviour, (contrast.get(behaviour) ?? 0) + factor);
  return contrast;
}

/** a + factor · b */
function plus(a: Contrast, factor: number, b: Contrast): Contrast {
  return contrastOf([...a, ...[...b].map(([behaviour, ofB]) => [behaviour, factor * ofB] as const)]);
}

/** Difference of levels over the items. */
export function contrastLevel(contrast: Contrast, items: readonly number[]): number {
  let [level, size] = [0, 0];
  for (const [behaviour, factor] of contrast) {
    const part = factor * levelOf(behaviour, items);
    level += part;
    size += Math.abs(part);
  }
  // What is left of levels that cancel out is round-off.
  return Math.abs(level) <= 1e-13 * size ? 0 : level;
}

/** The contrast of every item. */
export function contrastValues(contrast: Contrast, items: readonly number[]): Float64Array {
  const sums = new Float64Array(items.length);
  for (const [{ values }, factor] of contrast) {
    for (let at = 0; at < items.length; at++) sums[at]! += factor * values[items[at]!]!;
  }
  return sums;
}

/** How far from 0 an item's contrast can be at most; null where nothing bounds the scores. */
function reachOf(contrast: Contrast): number | null {
  let reach = 0;
  for (const [{ bounds }, factor] of contrast) {
    if (bounds === null) return null;
    if (factor > 0) reach += factor * (bounds[1] - bounds[0]);
  }
  return reach;
}

/** Interval of the mean contrast; none where nothing bounds the scores. */
export function contrastInterval(contrast: Contrast, items: readonly number[], tail: number): Interval {
  const reach = reachOf(contrast);
  if (reach === null) return { low: null, high: null };
  return meanInterval(contrastValues(contrast, items), [-reach, reach], tail);
}

/** 1 or −1 where the mean contrast is certainly of this sign, an error in `tail` cases either way; else 0. */
export function certainSign(contrast: Contrast, items: readonly number[], tail: number): -1 | 0 | 1 {
  const reach = reachOf(contrast);
  if (reach === null || reach === 0) return 0;
  const values = contrastValues(contrast, items);
  if (chanceOfMeanAtMost(values, [-reach, reach], 0) <= tail) return 1;
  return chanceOfMeanAtMost(
    values.map((value) => -value),
    [-reach, reach],
    0,
  ) <= tail
    ? -1
    : 0;
}

/**
 * Interval of the ratio of two mean contrasts over the same items (Fieller, "Some problems in interval estimation", Journal
 * of the Royal Statistical Society B 16, 1954): the ratios r for which the mean of numerator − r · denominator may be 0.
 * What both share on an item cancels. Breaks are offered, since it may take seconds.
 *
 * @param tail of each end; half of it goes into the sign of the denominator
 * @returns null where that sign is not certain: then any ratio is possible
 */
export function* ratioInterval(
  numerator: Contrast,
  denominator: Contrast,
  items: readonly number[],
  tail: number,
): Generator<undefined, { readonly low: number; readonly high: number } | null> {
  const sign = certainSign(denominator, items, tail / 2);
  if (sign === 0) return null;
  const ratio = contrastLevel(numerator, items) / contrastLevel(denominator, items);
  const [upper, lower] = [contrastValues(numerator, items), contrastValues(denominator, items)];
  /** Whether the true ratio certainly lies above r (side 1) or below it (side −1). */
  const isBeyond = (r: number, side: 1 | -1): boolean => {
    const reach = reachOf(plus(numerator, -r, denominator))!;
    const values = upper.map((value, at) => side * sign * (value - r * lower[at]!));
    return chanceOfMeanAtMost(values, [-reach, reach], 0) <= tail / 2;
  };
  const ends: number[] = [];
  for (const side of [1, -1] as const) {
    let [inside, outside] = [ratio, ratio - side];
    for (let width = 1; !isBeyond(outside, side); width *= 2) {
      if (width > 2 ** 40) return null;
      inside = outside;
      outside = ratio - side * 2 * width;
      yield;
    }
    while (Math.abs(inside - outside) > 1e-9 * Math.max(1, Math.abs(inside))) {
      const middle = (inside + outside) / 2;
      if (isBeyond(middle, side)) outside = middle;
      else inside = middle;
      yield;
    }
    ends.push(outside);
  }
  return { low: ends[0]!, high: ends[1]! };
}
