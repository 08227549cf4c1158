import type { Dataset, DatasetOf } from '../../workflow/datasets/dataset.js';
import { command } from './command.js';
import { hub } from './hub.js';
import type { DatasetPlan } from './kind.js';
import { mix } from './mix.js';
import { path } from './path.js';
import { problems } from './problems.js';
import { vaults } from './vaults.js';

const datasetPlans: { readonly [K in Dataset['kind']]: DatasetPlan<DatasetOf<K>> } = {
  path,
  hub,
  mix,
  command,
  problems,
  vaults,
};

/** The registry says that a plan takes just such a dataset. */
export function datasetPlan({ kind }: Pick<Dataset, 'kind'>): DatasetPlan<Dataset> {
  return datasetPlans[kind] as DatasetPlan<Dataset>;
}

/**
 * How many rows a dataset has, where the workflow says so (`take`, generated and mixed rows); undefined where only its
 * files tell. A dataset that has fewer than it takes is an error of its step.
 */
export function rowCount(dataset: Dataset): number | undefined {
  const { where, skip = 0, take } = dataset.transforms;
  if (take !== undefined) return take;
  if (where !== undefined) return undefined;
  const made = datasetPlan(dataset).rows?.(dataset);
  return made === undefined ? undefined : Math.max(0, made - skip);
}
