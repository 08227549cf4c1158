/** Δ_proj = Δ P (parallel), Δ − Δ P (orthogonal) or −Δ P (opposite). */
export type ProjectionMode = 'parallel' | 'orthogonal' | 'opposite';

/** Which singular vectors span the subspace: `right` = Δ P (paper), `left` = P Δ (published code). */
export type Side = 'right' | 'left';
