import type { FetchDatasetParams } from '../../steps/fetch-dataset.js';
import type { HubDataset } from '../../workflow/datasets/hub.js';
import { addDatasetStep, type DatasetPlan } from './kind.js';
import { addRows } from './rows.js';

export const hub: DatasetPlan<HubDataset> = {
  add(dataset, parts) {
    const { name, repo, rows } = dataset;
    const commit = parts.facts.commits.get(`datasets.${name}`);
    if (commit === undefined) return { waitsFor: [`datasets.${name}`] };
    const params: FetchDatasetParams = { repo, commit, rows };
    const node = addDatasetStep(parts, 'fetch-dataset', dataset, params, {});
    return addRows(dataset, node, 'files' in rows ? rows.files : undefined, parts);
  },
  hub: ({ repo, revision, rows }) => ({
    repo,
    revision,
    part: 'files' in rows ? rows.files.join(', ') : `${rows.config}/${rows.split}`,
  }),
  text({ name, repo, revision, rows }, { commits }) {
    const what = 'files' in rows ? rows.files.join(', ') : `split ${rows.split} of ${rows.config}`;
    return `${repo} at ${commits.get(`datasets.${name}`) ?? revision}, ${what}`;
  },
};
