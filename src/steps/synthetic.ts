import type { Synthetic, Transforms } from '../formats/dataset-choices.js';
import { defineStep } from './step.js';

export type SyntheticParams = { readonly what: Synthetic; readonly transforms: Transforms };

/** `synthetic[dataset]`: rows of the toy world, made by a seeded generator. */
export const synthetic = defineStep<SyntheticParams>({
  kind: 'synthetic',
  revision: 1,
  usesDevice: false,
  inputs: {},
  outputs: {
    rows: 'JSON lines, one object a row',
  },
});
