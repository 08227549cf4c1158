import type { axisQuantities } from '../../workflow/report.js';

/** An axis of a panel. */
export interface Axis {
  /** What is measured along it, by which the workflow may set its ends: one of these, or a metric by its own name. */
  readonly of: (typeof axisQuantities)[number] | { readonly metric: string };
  readonly label: string;
  readonly domain: readonly [number, number];
}

/**
 * Ends of an axis that holds all values, at round numbers. An end that the quantity itself has (an accuracy's 0 and 1) is
 * never passed, and reached where the values come as near to it as they spread.
 */
export function axisDomain(
  values: Iterable<number>,
  { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY }: { least?: number; most?: number } = {},
): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) [min, max] = [Number.isFinite(least) ? least : 0, Number.isFinite(most) ? most : 1];
  const spread = max - min || Math.abs(max) || 1;
  if (min - least <= spread) min = Math.min(min, least);
  const step = roundStep(Math.max(max - min, spread / 4));
  const low = Math.max(least, roundOff(Math.floor(min / step + 1e-9) * step));
  const high = Math.min(most, roundOff(Math.ceil(max / step - 1e-9) * step));
  return low < high ? [low, high] : [Math.max(least, low - step), Math.min(most, high + step)];
}

/** The width of about six steps over the range: 1, 2 or 5 times a power of ten. */
export function roundStep(range: number): number {
  const rough = range / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

/** Number without the last digits that a product of a step and a count has too many. */
function roundOff(value: number): number {
  return Number(value.toPrecision(12));
}
