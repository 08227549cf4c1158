import { defineStep } from './step.js';

export type SvdParams = {
  /** Both tensors and their difference are rounded to this type: the published code holds them as F16. */
  readonly heldAs?: 'F16';
  /** Both ends are read up to this row alone: an update of the rows that two vocabularies have in common. Absent: all rows. */
  readonly rows?: number;
};

/** `svd[update,tensor]`: thin SVD of Δ = to − from as a matrix (first dimension × rest), r = min(m, n), singular values descending. */
export const svd = defineStep<SvdParams>({
  kind: 'svd',
  revision: 1,
  usesDevice: true,
  inputs: {
    from: 'the tensor in the one model',
    to: 'the tensor in the other, of the same shape',
  },
  outputs: {
    u: 'F32 [m, r]; of a 1-D tensor, which is a column, the normalised vector',
    s: 'F64 [r]',
    v: 'F32 [n, r]',
  },
});
