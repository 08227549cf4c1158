import { setImmediate as nextTurn } from 'node:timers/promises';
import { JoinedTable } from '../../report/tables/joined.js';
import type { JoinedTableParams } from '../../steps/joined-table.js';
import type { StepContext } from '../step-context.js';

export async function joinTables(context: StepContext<JoinedTableParams>): Promise<void> {
  const { axes, cells, numbers } = context.params;
  const table = new JoinedTable(axes, numbers);
  for (const [index, values] of cells.entries()) {
    context.signal.throwIfAborted();
    table.add(values, new TextDecoder().decode(await context.read(context.input(`${index}`))));
    context.progress({ done: index + 1, total: cells.length, unit: 'tables' });
    await nextTurn();
  }
  await writeJoined(context, table);
}

export async function writeJoined(context: Pick<StepContext, 'write'>, table: JoinedTable): Promise<void> {
  await context.write('table.csv', new TextEncoder().encode(table.csv()));
  await nextTurn();
  await context.write('table.parquet', await table.parquet());
}
