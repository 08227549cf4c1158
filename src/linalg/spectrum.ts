import { numericalRank } from './numerical-rank.js';

/** What singular values say of how many directions a matrix has. The last three are null for a zero matrix. */
export interface SpectrumMeasures {
  /** Singular values above the noise of f32. */
  readonly rank: number;
  /** √Σσ² and σ₁. */
  readonly frobeniusNorm: number;
  readonly spectralNorm: number;
  /** exp(−Σ p ln p) with p = σ / Σσ (Roy and Vetterli, "The effective rank", EUSIPCO 2007). */
  readonly effectiveRank: number | null;
  /** Σσ² / σ₁². */
  readonly stableRank: number | null;
  /** (Σσ²)² / Σσ⁴. */
  readonly participationRatio: number | null;
}

/** Singular values without those that are rounding errors: their number is that of the matrix, not of the update. */
export function aboveNoise(s: Float64Array): Float64Array {
  return s.subarray(0, numericalRank(s));
}

/**
 * Measures of one spectrum, in f64; of several, those of the block-diagonal matrix that they are blocks of.
 * @param blocks singular values above the noise, of each block descending; a block may count more than once
 */
export function spectrumMeasures(
  blocks: readonly { readonly s: Float64Array; readonly copies?: number }[],
): SpectrumMeasures {
  const largest = blocks.reduce((most, { s }) => Math.max(most, s[0] ?? 0), 0);
  const rank = blocks.reduce((sum, { s, copies = 1 }) => sum + copies * s.length, 0);
  const none = { effectiveRank: null, stableRank: null, participationRatio: null };
  if (largest === 0) return { rank, frobeniusNorm: 0, spectralNorm: 0, ...none };
  // Relative to the largest, no power of a singular value overflows.
  const sumOf = (term: (ratio: number) => number) => {
    const ofBlock = (s: Float64Array) => s.reduce((sum, value) => sum + term(value / largest), 0);
    return blocks.reduce((sum, { s, copies = 1 }) => sum + copies * ofBlock(s), 0);
  };
  const total = sumOf((ratio) => ratio);
  const energy = sumOf((ratio) => ratio ** 2);
  const entropy = sumOf((ratio) => -(ratio / total) * Math.log(ratio / total));
  return {
    rank,
    frobeniusNorm: largest * Math.sqrt(energy),
    spectralNorm: largest,
    effectiveRank: Math.exp(entropy),
    stableRank: energy,
    participationRatio: energy ** 2 / sumOf((ratio) => ratio ** 4),
  };
}
