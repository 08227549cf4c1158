import type { ModelExpansion } from './expand-models.js';
import { type PlanBuilder, rowsOfModels, type TableRow } from './plan-builder.js';

/** Adds the table of how training went, of the models that the plan trains anyhow. */
export function expandLoss(models: ModelExpansion, builder: PlanBuilder): void {
  const rows: TableRow<{ readonly model: string }>[] = [];
  const waitsFor = new Set<string>();
  for (const [name, model] of models.trained()) {
    if (model.node === undefined) for (const waited of model.waitsFor) waitsFor.add(waited);
    else rows.push({ row: { model: name }, inputs: { '': { node: model.node, output: 'curve' } } });
  }
  if (waitsFor.size > 0) {
    builder.defer([...waitsFor], 'loss-table');
    return;
  }
  builder.addTable('loss-table', rows, ['loss.csv'], rowsOfModels);
}
