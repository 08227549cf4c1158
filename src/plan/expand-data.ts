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
  const rows = [...builder.tokenised].map(([node, row]) => ({ row, inputs: { '': { node, output: 'summary' } } }));
  builder.addTable('data-table', rows, ['data.csv'], (joined) => ({ rows: joined }));
}
