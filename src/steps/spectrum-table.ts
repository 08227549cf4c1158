import { defineStep } from './step.js';

export type SpectrumTableParams = { readonly rows: readonly SpectrumTableRow[] };

export type SpectrumTableRow = {
  readonly update: string;
  readonly tensors: readonly {
    readonly tensor: string;
    readonly rankMax: number;
    /** How often the tensor counts in the spectrum of the model, if not once: the published code counts a tied head, too. */
    readonly copies?: number;
  }[];
};

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
