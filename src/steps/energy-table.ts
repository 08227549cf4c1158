import type { EnergyTableRow } from '../report/tables/energy.js';
import { defineStep } from './step.js';

export type { EnergyTableRow };

export type EnergyTableParams = { readonly rows: readonly EnergyTableRow[] };

/** `energy-table`: all energy results of a workflow. */
export const energyTable = defineStep<EnergyTableParams>({
  kind: 'energy-table',
  revision: 3,
  usesDevice: false,
  inputs: {
    '<row>/<tensor>': '`energy` of an energy step',
    '<row>/<tensor>/cosine': '`cosine` of the same tensor; none of a subspace that is made of no update',
  },
  outputs: {
    'energy.csv': 'one line a curve and extent',
    'energy-by-tensor.csv': 'one line a tensor, too',
  },
});
