import { type PlanBuilder, rowsOfModels } from './plan-builder.js';

/** Adds the table of which tensors the realigned models of the plan change. */
export function expandRealign(builder: PlanBuilder): void {
  const rows = [...builder.realigned].map(([model, node]) => ({
    row: { model },
    inputs: { '': { node, output: 'choice' } },
  }));
  builder.addTable('realign-table', rows, ['realign.csv'], rowsOfModels);
}
