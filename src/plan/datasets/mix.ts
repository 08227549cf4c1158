import type { MixParams } from '../../steps/mix.js';
import type { Input } from '../../steps/step.js';
import type { MixDataset } from '../../workflow/datasets/mix.js';
import { addDatasetStep, type DatasetNode, type DatasetParts, type DatasetPlan } from './kind.js';

export const mix: DatasetPlan<MixDataset> = {
  add: addMix,
  rows({ parts, total }) {
    if (total !== undefined) return total;
    const counts = parts.map(({ count }) => (typeof count === 'number' ? count : undefined));
    return counts.every((count) => count !== undefined) ? counts.reduce((sum, count) => sum + count, 0) : undefined;
  },
  text({ parts, total }) {
    const amounts = parts.map(({ dataset, share, count }) => `${share ?? count} ${dataset}`);
    return `${amounts.join(' + ')}${total === undefined ? '' : ` of ${total} rows`}`;
  },
};

function addMix(dataset: MixDataset, parts: DatasetParts): DatasetNode {
  const inputs: Record<string, Input> = {};
  const waitsFor = new Set<string>();
  for (const [index, { dataset: name }] of dataset.parts.entries()) {
    const made = parts.made.get(name)!;
    if ('waitsFor' in made) for (const waiting of made.waitsFor) waitsFor.add(waiting);
    else inputs[`part/${index}`] = { node: made.node, output: 'rows' };
  }
  if (waitsFor.size > 0) return { waitsFor: [...waitsFor] };
  const amounts = dataset.parts.map(({ dataset: name, share, count }) => ({
    name,
    ...(share === undefined ? {} : { share }),
    ...(count === undefined ? {} : { count }),
  }));
  const { total, transforms } = dataset;
  const params: MixParams = { parts: amounts, transforms, ...(total === undefined ? {} : { total }) };
  return { node: addDatasetStep(parts, 'mix', dataset, params, inputs) };
}
