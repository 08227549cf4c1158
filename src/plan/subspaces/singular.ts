import type { Basis, BasisParts, WantedBasis } from './kind.js';

/** Singular vectors of the update that a subspace is made of, and their singular values. */
export function singularBasis({ tensor, side, onto }: WantedBasis<unknown>, { updates }: BasisParts): Basis {
  const node = updates.svd(onto!, tensor);
  return { basis: { node, output: side === 'right' ? 'v' : 'u' }, s: { node, output: 's' } };
}
