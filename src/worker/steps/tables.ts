import { paperTables, tableText } from '../../report/paper-tables/table-files.js';
import type { TablesParams } from '../../steps/tables.js';
import type { StepContext } from '../step-context.js';
import { readTables } from './read-tables.js';

export async function makeTables(context: StepContext<TablesParams>): Promise<void> {
  const { params } = context;
  const { files } = await readTables(context, params.files);
  for (const table of paperTables({ params, files }, params.parts)) {
    for (const format of params.formats) {
      await context.write(`tables/${table.name}.${format}`, new TextEncoder().encode(tableText(table, format)));
    }
  }
}
