import type { RealignTableParams } from '../steps/realign-table.js';
import type { Input } from '../steps/step.js';
import type { PlanBuilder } from './plan-builder.js';

/** Adds the table of which tensors the realigned models of the plan change. */
export function expandRealign(builder: PlanBuilder): void {
  const models = [...builder.realigned.keys()];
  if (models.length === 0) return;
  const inputs: Record<string, Input> = {};
  for (const [index, node] of [...builder.realigned.values()].entries())
    inputs[`${index}`] = { node, output: 'choice' };
  const params: RealignTableParams = { models };
  const node = builder.add({ id: 'realign-table', kind: 'realign-table', params, inputs, group: 'Tables' }, 'report');
  builder.results.push({ file: 'realign.csv', node, output: 'realign.csv' });
}
