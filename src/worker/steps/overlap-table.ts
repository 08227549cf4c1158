import type { OverlapResult } from '../../formats/step-results.js';
import { OverlapTable } from '../../report/tables/overlap.js';
import type { OverlapTableParams } from '../../steps/overlap-table.js';
import type { StepContext } from '../step-context.js';
import { jsonInputs } from './json-inputs.js';

export async function makeOverlapTable(context: StepContext<OverlapTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new OverlapTable();
  for (const [index, row] of rows.entries()) {
    await table.add(row, jsonInputs<OverlapResult>(context, `${index}`, row.tensors.length));
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('overlap.csv', new TextEncoder().encode(table.csv()));
}
