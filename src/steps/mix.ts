import type { Transforms } from '../formats/dataset-choices.js';
import { defineStep } from './step.js';

export type MixParams = {
  /** Either every part has a share of `total`, or every part a count. */
  readonly parts: readonly { readonly name: string; readonly share?: number; readonly count?: number | 'all' }[];
  readonly total?: number;
  readonly transforms: Transforms;
};

/** `mix[dataset]`: a dataset made of parts of others. */
export const mix = defineStep<MixParams>({
  kind: 'mix',
  revision: 2,
  usesDevice: false,
  inputs: {
    'part/<index>': '`rows` of a dataset',
  },
  outputs: {
    rows: 'JSON lines, one object a row',
  },
});
