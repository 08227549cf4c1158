import type { DataTableParams } from '../steps/data-table.js';
import type { Input } from '../steps/step.js';
import type { ModelExpansion } from './expand-models.js';
import type { PlanBuilder } from './plan-builder.js';

/** Adds the table of what became of the rows that the plan tokenises anyhow. */
export function expandData(models: ModelExpansion, builder: PlanBuilder): void {
  if (builder.tokenised.size === 0 && models.trained().length === 0) return;
  const waitsFor = builder.waitsFor();
  if (waitsFor.length > 0) {
    builder.defer(waitsFor, 'data-table');
    return;
  }
  const inputs: Record<string, Input> = {};
  for (const [index, node] of [...builder.tokenised.keys()].entries()) inputs[`${index}`] = { node, output: 'summary' };
  const params: DataTableParams = { rows: [...builder.tokenised.values()] };
  const node = builder.add({ id: 'data-table', kind: 'data-table', params, inputs, group: 'Tables' }, 'report');
  builder.results.push({ file: 'data.csv', node, output: 'data.csv' });
}
