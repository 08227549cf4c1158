import type { PathDataset } from '../../workflow/datasets/path.js';
import type { DatasetPlan } from './kind.js';
import { addRows } from './rows.js';

export const path: DatasetPlan<PathDataset> = {
  add(dataset, parts) {
    const node = `source[datasets.${dataset.name}]`;
    parts.builder.addSource(node, { kind: 'dataset', name: dataset.name });
    return addRows(dataset, node, dataset.files, parts);
  },
  text: ({ files }) => (files === undefined ? 'local files' : `local files ${files.join(', ')}`),
};
