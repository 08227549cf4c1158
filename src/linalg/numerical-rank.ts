/**
 * Singular values up to this times the largest are rounding errors of f32 data (two units in its last place). Their vectors
 * say nothing of the matrix: a decomposition completes the basis with arbitrary ones. The same holds for deviations from a
 * mean, beside the length of the whole.
 */
export const noiseLevel = 2 * 2 ** -23;

/** How many singular values are above the noise. @param s descending; 0 for a zero matrix. */
export function numericalRank(s: Float64Array): number {
  const bound = noiseLevel * (s[0] ?? 0);
  return s.findLastIndex((value) => value > bound) + 1;
}
