/**
 * How far below η of the whole a running sum of energies may stay and still count as having reached it, as a part of the
 * whole. Decompositions and sums in f64 are off by some 1e-14: of ten equal energies, seven are .7 of the whole.
 */
export const energyTolerance = 1e-12;

/** η-energy rank: the smallest k whose running sum of σ² reaches η of the whole; 0 for a zero update. */
export function energyRank(runningSums: readonly number[], energy: number): number {
  const total = runningSums.at(-1) ?? 0;
  if (total === 0) return 0;
  return runningSums.findIndex((sum) => sum / total >= energy - energyTolerance) + 1;
}
