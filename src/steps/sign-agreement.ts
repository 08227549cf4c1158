import { defineStep } from './step.js';

export type SignAgreementParams = {
  readonly heldAs?: 'F16';
  /** Both ends are read up to this row alone: an update of the rows that two vocabularies have in common. Absent: all rows. */
  readonly rows?: number;
  /** The same of `onto-from` and `onto-to`. */
  readonly ontoRows?: number;
};

/** `sign-agreement[a,b,tensor]`: how many elements of a tensor two updates change in the same direction. */
export const signAgreement = defineStep<SignAgreementParams>({
  kind: 'sign-agreement',
  revision: 1,
  usesDevice: false,
  inputs: {
    from: 'the tensor where Δ_A starts',
    to: 'the tensor where Δ_A leads',
    'onto-from': 'the tensor where Δ_B starts',
    'onto-to': 'the tensor where Δ_B leads',
  },
  outputs: {
    signs: 'JSON: SignAgreementResult',
  },
});
