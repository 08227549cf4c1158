import type { CosineTableRow } from '../report/tables/cosine.js';
import { defineStep } from './step.js';

export type CosineTableParams = { readonly rows: readonly CosineTableRow[] };

/** `cosine-table`: cosines and sign agreements of pairs of updates, tensor by tensor and of the whole model. */
export const cosineTable = defineStep<CosineTableParams>({
  kind: 'cosine-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<row>/<tensor>': '`cosine` of a cosine step',
    '<row>/<tensor>/signs': '`signs` of the same tensor',
  },
  outputs: {
    'cosine.csv': 'one line a pair and tensor, and one a pair',
  },
});
