/** A product of a decimal fraction and a rank that is so near a half is one: 0.575 · 100 is 57.49999999999999 in f64. */
const halfTolerance = 1e-9;

/**
 * Nearest integer, halves to the even one, as Python's and NumPy's round (Math.round takes halves up).
 * @param tolerance how far from a half still counts as one
 */
export function roundHalfEven(value: number, tolerance = 0): number {
  const floor = Math.floor(value);
  if (Math.abs(value - floor - 0.5) > tolerance) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Rank of a fraction of a subspace: k = max(1, round(ρ·r)), at most r.
 * @param asPublished rounds the f64 product as it is, as Python code does, whatever the decimal fraction meant
 */
export function rankOf(fraction: number, rankMax: number, asPublished = false): number {
  const rank = roundHalfEven(fraction * rankMax, asPublished ? 0 : halfTolerance);
  return Math.min(rankMax, Math.max(1, rank));
}
