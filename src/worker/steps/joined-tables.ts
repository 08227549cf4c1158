import { studyTables } from '../../report/joined/combined-table.js';
import { tableText } from '../../report/paper-tables/table-files.js';
import type { JoinedTablesParams } from '../../steps/joined-tables.js';
import type { StepContext } from '../step-context.js';
import { readClaims, readClaimsOverCells, readGroups } from './study-tables.js';

export async function makeJoinedTables(context: StepContext<JoinedTablesParams>): Promise<void> {
  const { params } = context;
  const { groups } = await readGroups(context, params);
  const claims = await readClaims(context, params.cells);
  const claimsOverCells = await readClaimsOverCells(context, params.cells);
  for (const table of [...studyTables({ params, groups, claims, claimsOverCells }).values()].flat()) {
    for (const format of params.formats) {
      await context.write(`tables/${table.name}.${format}`, new TextEncoder().encode(tableText(table, format)));
    }
  }
}
