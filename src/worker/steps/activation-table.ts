import type { OverlapResult } from '../../formats/step-results.js';
import { ActivationTable } from '../../report/tables/activations.js';
import type { ActivationTableParams } from '../../steps/activation-table.js';
import type { StepContext } from '../step-context.js';

export async function makeActivationTable(context: StepContext<ActivationTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new ActivationTable();
  for (const [index, row] of rows.entries()) {
    context.signal.throwIfAborted();
    const bytes = await context.read(context.input(`${index}`));
    table.add(row, JSON.parse(new TextDecoder().decode(bytes)) as OverlapResult);
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('activations.csv', new TextEncoder().encode(table.csv()));
}
