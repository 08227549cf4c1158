import { energyTolerance } from '../formats/energy-rank.js';
import { numericalRank } from './numerical-rank.js';

/** One point of the staircase: ‖U_A[:, :kA]ᵀ U_B[:, :kB]‖²_F. */
export interface OverlapPoint {
  readonly kA: number;
  readonly kB: number;
  readonly shared: number;
}

/** Running sums of non-negative terms, compensated (Neumaier) and never falling. */
export function runningSums(terms: Float64Array): number[] {
  let sum = 0;
  let lost = 0;
  let reached = 0;
  return Array.from(terms, (term) => {
    const next = sum + term;
    lost += sum >= term ? sum - next + term : term - next + sum;
    sum = next;
    reached = Math.max(reached, sum + lost);
    return reached;
  });
}

/** Running sums of σ²; what is noise (`numericalRank`) adds nothing. @param s [r], descending. */
export function runningEnergies(s: Float64Array): number[] {
  const rank = numericalRank(s);
  return runningSums(s.map((value, j) => (j < rank ? value * value : 0)));
}

/**
 * The pairs of η-energy ranks (k_A, k_B) that occur as η goes from 0 to 1: k is the smallest rank whose running energy
 * reaches η of the whole (`energyRank`), so the pair changes only where η passes a running ratio of either side. Empty for
 * a zero update, unless that has the rank 1 at every η.
 */
export function energyRankPairs(
  runningA: readonly number[],
  runningB: readonly number[],
  zeroRank: 0 | 1 = 0,
): { readonly kA: number; readonly kB: number }[] {
  const [energyA, energyB] = [runningA, runningB].map((energy) =>
    energy.at(-1) === 0 && zeroRank === 1 ? [1] : energy,
  ) as [readonly number[], readonly number[]];
  const totalA = energyA.at(-1) ?? 0;
  const totalB = energyB.at(-1) ?? 0;
  const pairs: { kA: number; kB: number }[] = [];
  if (totalA === 0 || totalB === 0) return pairs;
  let a = 0;
  let b = 0;
  while (a < energyA.length && b < energyB.length) {
    pairs.push({ kA: a + 1, kB: b + 1 });
    // All η up to the smaller of the two ratios keep this pair; the next η is beyond it.
    const ratioA = energyA[a]! / totalA;
    const ratioB = energyB[b]! / totalB;
    const reached = Math.min(ratioA, ratioB);
    if (reached >= 1 - energyTolerance) break;
    while (energyA[a]! / totalA <= reached) a++;
    while (energyB[b]! / totalB <= reached) b++;
  }
  return pairs;
}

/**
 * ‖M[:kA, :kB]‖²_F at every pair of a staircase, from one pass over M = U_Aᵀ U_B.
 * @param m [rows, columns] row-major. @param pairs ascending in both.
 */
export function staircase(
  m: Float32Array,
  columns: number,
  pairs: readonly { readonly kA: number; readonly kB: number }[],
): OverlapPoint[] {
  let rowsDone = 0;
  let columnsDone = 0;
  let shared = 0;
  return pairs.map(({ kA, kB }) => {
    for (let i = 0; i < kA; i++) {
      // Rows that were there gain the new columns, new rows all of them.
      for (let j = i < rowsDone ? columnsDone : 0; j < kB; j++) shared += m[i * columns + j]! ** 2;
    }
    rowsDone = kA;
    columnsDone = kB;
    return { kA, kB, shared };
  });
}
