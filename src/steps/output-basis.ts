import { defineStep } from './step.js';

export type OutputBasisParams = {
  /** Number of directions k. */
  readonly directions: number;
};

/**
 * `output-basis[subspace,tensor]`: leading eigenvectors of YᵀY = W (XᵀX) Wᵀ, which are the left singular vectors of W Xᵀ
 * (ActSVD: Wei et al. 2024, "Assessing the Brittleness of Safety Alignment via Pruning and Low-Rank Modifications").
 */
export const outputBasis = defineStep<OutputBasisParams>({
  kind: 'output-basis',
  revision: 1,
  usesDevice: true,
  inputs: {
    'inputs?': 'packed XᵀX of what the layer takes, beside `weight`',
    'weight?': 'W [out, in]',
    'outputs?': 'packed YᵀY of what it gives, in place of both',
  },
  outputs: {
    q: 'F32 [out, k]: orthonormal columns, then zeros where there are fewer directions above the rounding errors of f32',
    eigenvalues: 'F64 [k], descending, of YᵀY: squared singular values of Y; 0 where the column is zero',
  },
});
