import { defineStep } from './step.js';

export type CosineParams = {
  readonly heldAs?: 'F16';
  /** Both ends are read up to this row alone: an update of the rows that two vocabularies have in common. Absent: all rows. */
  readonly rows?: number;
  /** The same of `onto-from` and `onto-to`. */
  readonly ontoRows?: number;
};

/** `cosine[update,other,tensor]`: inner product and energies of one tensor of two updates. */
export const cosine = defineStep<CosineParams>({
  kind: 'cosine',
  revision: 1,
  usesDevice: false,
  inputs: {
    from: 'the tensor where Δ starts',
    to: 'the tensor where Δ leads',
    'onto-from': 'the tensor where A starts',
    'onto-to': 'the tensor where A leads',
  },
  outputs: {
    cosine: 'JSON: CosineResult',
  },
});
