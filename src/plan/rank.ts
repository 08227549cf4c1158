/** Nearest integer, halves to the even one, as Python's and NumPy's round (Math.round takes halves up). */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Rank of a fraction of a subspace: k = max(1, round(ρ·r)), at most r. */
export function rankOf(fraction: number, rankMax: number): number {
  return Math.min(rankMax, Math.max(1, roundHalfEven(fraction * rankMax)));
}
