import { studyTables } from '../../report/joined/combined-table.js';
import { tableText } from '../../report/paper-tables/table-files.js';
import type { JoinedTablesParams } from '../../steps/joined-tables.js';
import type { StepContext } from '../step-context.js';
import { readGroups } from './study-tables.js';

export async function makeJoinedTables(context: StepContext<JoinedTablesParams>): Promise<void> {
  const { params } = context;
  const { groups } = await readGroups(context, params);
  for (const table of [...studyTables({ params, groups }).values()].flat()) {
    for (const format of params.formats) {
      await context.write(`tables/${table.name}.${format}`, new TextEncoder().encode(tableText(table, format)));
    }
  }
}
