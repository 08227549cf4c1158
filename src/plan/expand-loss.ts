import type { LossTableParams } from '../steps/loss-table.js';
import type { Input } from '../steps/step.js';
import type { ModelExpansion } from './expand-models.js';
import type { PlanBuilder } from './plan-builder.js';

/** Adds the table of how training went, of the models that the plan trains anyhow. */
export function expandLoss(models: ModelExpansion, builder: PlanBuilder): void {
  const inputs: Record<string, Input> = {};
  const names: string[] = [];
  const waitsFor = new Set<string>();
  for (const [name, model] of models.trained()) {
    if (model.node === undefined) for (const waited of model.waitsFor) waitsFor.add(waited);
    else {
      inputs[`${names.length}`] = { node: model.node, output: 'curve' };
      names.push(name);
    }
  }
  if (waitsFor.size > 0) {
    builder.defer([...waitsFor], 'loss-table');
    return;
  }
  if (names.length === 0) return;
  const params: LossTableParams = { models: names };
  const node = builder.add({ id: 'loss-table', kind: 'loss-table', params, inputs, group: 'Tables' }, 'report');
  builder.results.push({ file: 'loss.csv', node, output: 'loss.csv' });
}
