import { defineStep } from './step.js';

export type RandomBasisParams = {
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
  /** The tensor's name: tensors of one shape get independent bases. */
  readonly stream: string;
};

/** `random-basis[seed,tensor,side]`: Haar-random orthonormal columns. */
export const randomBasis = defineStep<RandomBasisParams>({
  kind: 'random-basis',
  revision: 1,
  usesDevice: true,
  inputs: {},
  outputs: {
    q: 'F32 [rows, columns]',
  },
});
