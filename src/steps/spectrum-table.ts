import type { SpectrumTableRow } from '../report/tables/spectrum.js';
import { defineStep } from './step.js';

export type { SpectrumTableRow };

export type SpectrumTableParams = { readonly rows: readonly SpectrumTableRow[] };

/** `spectrum-table`: measures of the singular values of updates, tensor by tensor and of the whole model. */
export const spectrumTable = defineStep<SpectrumTableParams>({
  kind: 'spectrum-table',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<row>/<tensor>': '`s` of an svd',
  },
  outputs: {
    'spectrum.csv': 'one line an update and tensor, and one an update',
  },
});
