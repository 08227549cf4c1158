import type { SyntheticParams } from '../../steps/synthetic.js';
import type { ProblemsDataset } from '../../workflow/datasets/problems.js';
import { addDatasetStep, type DatasetPlan } from './kind.js';

export const problems: DatasetPlan<ProblemsDataset> = {
  add(dataset, parts) {
    const { kind, rows, seed, split, transforms } = dataset;
    const params: SyntheticParams = { what: { kind, rows, seed, split }, transforms };
    return { node: addDatasetStep(parts, 'synthetic', dataset, params, {}) };
  },
  rows: ({ rows }) => rows,
  text: ({ rows, seed }) => `${rows} generated problems (seed ${seed})`,
};
