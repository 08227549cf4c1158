/** Part of a matrix' full rank that the low-rank part of a made update has. */
const partOfRank = 1 / 8;
/** Its rank at most. */
const mostDirections = 128;

/**
 * Rank of the low-rank part of a made update: an eighth of the full rank, at most 128. A vector has one direction.
 * @param rows of the tensor, read as a matrix
 * @param columns of the same
 */
export function updateRank(rows: number, columns: number): number {
  const full = Math.min(rows, columns);
  return Math.min(mostDirections, Math.ceil(partOfRank * full));
}
