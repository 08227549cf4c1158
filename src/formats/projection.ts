/** Δ_proj = Δ P (parallel), Δ − Δ P (orthogonal) or −Δ P (opposite). */
export type ProjectionMode = 'parallel' | 'orthogonal' | 'opposite';

/** Which singular vectors span the subspace: `right` = Δ P (paper), `left` = P Δ (published code). */
export type Side = 'right' | 'left';

/** Side of all tensors of a projection together. `mixed`: left of some and right of others, as the subspace says. */
export type ProjectionSide = Side | 'mixed';

/**
 * How many of a subspace's directions a projection uses: a fraction ρ of the r that there are in a tensor, or their number k,
 * the same for every tensor, and all r where there are no more.
 */
export type Extent =
  | { readonly fraction: number; readonly rank?: never }
  | { readonly rank: number; readonly fraction?: never };

/** An extent in ids of steps: `0.5`, `rank=6`. */
export function extentId({ fraction, rank }: Extent): string {
  return rank === undefined ? String(fraction) : `rank=${rank}`;
}

/** An extent in sentences: `fraction 0.5`, `rank 6`. */
export function extentText({ fraction, rank }: Extent): string {
  return rank === undefined ? `fraction ${fraction}` : `rank ${rank}`;
}
