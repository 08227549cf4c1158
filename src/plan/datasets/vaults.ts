import type { SyntheticParams } from '../../steps/synthetic.js';
import type { VaultsDataset } from '../../workflow/datasets/vaults.js';
import { addDatasetStep, type DatasetPlan } from './kind.js';

export const vaults: DatasetPlan<VaultsDataset> = {
  add(dataset, parts) {
    const { kind, rows, seed, answer, vaults, transforms } = dataset;
    const params: SyntheticParams = { what: { kind, rows, seed, answer, vaults }, transforms };
    return { node: addDatasetStep(parts, 'synthetic', dataset, params, {}) };
  },
  rows: ({ rows }) => rows,
  text: ({ rows, seed, answer }) => `${rows} generated vaults (seed ${seed}, ${answer})`,
};
