/** Δ_proj = Δ P (parallel), Δ − Δ P (orthogonal) or −Δ P (opposite). */
export type ProjectionMode = 'parallel' | 'orthogonal' | 'opposite';

/** Which singular vectors span the subspace: `right` = Δ P (paper), `left` = P Δ (published code). */
export type Side = 'right' | 'left';

/** Side of all tensors of a projection together. `mixed`: left of some and right of others, as the subspace says. */
export type ProjectionSide = Side | 'mixed';
