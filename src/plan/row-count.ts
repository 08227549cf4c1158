import type { Dataset } from '../workflow/workflow.js';

/**
 * How many rows a dataset has, where the workflow says so (`take`, generated and mixed rows); undefined where only its
 * files tell. A dataset that has fewer than it takes is an error of its step.
 */
export function rowCount(name: string, datasets: ReadonlyMap<string, Dataset>): number | undefined {
  const dataset = datasets.get(name)!;
  const { where, skip = 0, take } = dataset.transforms;
  if (take !== undefined) return take;
  if (where !== undefined) return undefined;
  const made =
    dataset.kind === 'synthetic' ? dataset.what.rows : dataset.kind === 'mix' ? mixedRows(dataset) : undefined;
  return made === undefined ? undefined : Math.max(0, made - skip);
}

function mixedRows({ parts, total }: Dataset & { kind: 'mix' }): number | undefined {
  if (total !== undefined) return total;
  const counts = parts.map(({ count }) => (typeof count === 'number' ? count : undefined));
  return counts.every((count) => count !== undefined) ? counts.reduce((sum, count) => sum + count, 0) : undefined;
}
