import type { PrincipalAnglesResult } from '../../formats/step-results.js';
import { AngleTable } from '../../report/tables/angles.js';
import type { AngleTableParams } from '../../steps/angle-table.js';
import type { StepContext } from '../step-context.js';
import { jsonInputs } from './json-inputs.js';

export async function makeAngleTable(context: StepContext<AngleTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new AngleTable();
  for (const [index, row] of rows.entries()) {
    await table.add(row, jsonInputs<PrincipalAnglesResult>(context, `${index}`, row.tensors.length));
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('angles.csv', new TextEncoder().encode(table.csv()));
}
