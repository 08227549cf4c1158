import type { Named } from '../definition.js';
import type { Program } from '../program.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';
import { command } from './command.js';
import type { Dataset, DatasetOf, RawDataset, RawDatasetOf } from './dataset.js';
import { hub } from './hub.js';
import type { DatasetKind, LocalFiles } from './kind.js';
import { mix } from './mix.js';
import { path } from './path.js';
import { problems } from './problems.js';
import { resolveTransforms } from './transforms.js';
import { vaults } from './vaults.js';

const datasetKinds: { readonly [K in Dataset['kind']]: DatasetKind<DatasetOf<K>, RawDatasetOf<K>> } = {
  path,
  hub,
  mix,
  command,
  problems,
  vaults,
};

/** The registry says that a kind takes just such a dataset. */
function kindOf(kind: Dataset['kind']): DatasetKind<Dataset, RawDataset> {
  return datasetKinds[kind] as unknown as DatasetKind<Dataset, RawDataset>;
}

export function resolveDatasets(
  scope: Scope,
  raw: Named<RawDataset> | undefined,
  defaults: Defaults,
): Map<string, Dataset> {
  const kinds = Object.keys(datasetKinds) as Dataset['kind'][];
  return scope.section('datasets', raw, (written, dataset, at): Dataset => {
    const definition = { ...written, transforms: resolveTransforms(scope, dataset, at) };
    const kind = 'synthetic' in dataset ? dataset.synthetic : kinds.find((key) => key in dataset)!;
    return kindOf(kind).resolve(scope, definition, dataset, at, defaults);
  });
}

/** The datasets that one is made from. */
export function partsOf(dataset: Dataset): readonly string[] {
  return kindOf(dataset.kind).parts?.(dataset) ?? [];
}

/** The files of a dataset that the user has already; undefined: steps make or fetch them. */
export function localFiles(dataset: Dataset): LocalFiles | undefined {
  return kindOf(dataset.kind).files?.(dataset);
}

/** The program of the user's that makes a dataset; undefined: none does. */
export function programOfDataset(dataset: Dataset): Program | undefined {
  return kindOf(dataset.kind).program?.(dataset);
}

/** Reports mixes that contain themselves. */
export function checkDatasetCycles(scope: Scope, datasets: ReadonlyMap<string, Dataset>): void {
  scope.checkCycles('datasets', (name) => {
    const dataset = datasets.get(name);
    return dataset === undefined ? [] : partsOf(dataset);
  });
}
