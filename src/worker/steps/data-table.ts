import type { TokeniseSummary } from '../../formats/step-results.js';
import { dataCsv } from '../../report/tables/data.js';
import type { DataTableParams } from '../../steps/data-table.js';
import type { StepContext } from '../step-context.js';

export async function makeDataTable(context: StepContext<DataTableParams>): Promise<void> {
  const { rows } = context.params;
  const summaries: TokeniseSummary[] = [];
  for (const index of rows.keys()) {
    context.signal.throwIfAborted();
    const bytes = await context.read(context.input(`${index}`));
    summaries.push(JSON.parse(new TextDecoder().decode(bytes)) as TokeniseSummary);
  }
  const table = rows.map((row, index) => ({ ...row, summary: summaries[index]! }));
  await context.write('data.csv', new TextEncoder().encode(dataCsv(table)));
}
