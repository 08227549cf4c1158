import type { CkaResult } from '../../formats/step-results.js';
import { CkaTable } from '../../report/tables/cka.js';
import type { CkaTableParams } from '../../steps/cka-table.js';
import type { StepContext } from '../step-context.js';

export async function makeCkaTable(context: StepContext<CkaTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new CkaTable();
  for (const [index, row] of rows.entries()) {
    context.signal.throwIfAborted();
    const bytes = await context.read(context.input(`${index}`));
    table.add(row, JSON.parse(new TextDecoder().decode(bytes)) as CkaResult);
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('cka.csv', new TextEncoder().encode(table.csv()));
}
