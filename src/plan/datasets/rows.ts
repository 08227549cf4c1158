import type { RowsParams } from '../../steps/rows.js';
import type { Dataset } from '../../workflow/workflow.js';
import { addDatasetStep, type DatasetNode, type DatasetParts } from './kind.js';

/** Adds the step that reads the rows of the files of `node`. */
export function addRows(
  dataset: Pick<Dataset, 'name' | 'transforms'>,
  node: string,
  files: readonly string[] | undefined,
  parts: DatasetParts,
): DatasetNode {
  const params: RowsParams = { transforms: dataset.transforms, ...(files === undefined ? {} : { files }) };
  return { node: addDatasetStep(parts, 'rows', dataset, params, { files: { node, output: '*' } }) };
}
