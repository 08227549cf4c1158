import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AxisColumn, JoinedTable } from '../../report/tables/joined.js';
import { columnsOfFile, isTableColumn } from '../../report/tables/registry.js';
import type { JoinedTableParams } from '../../steps/joined-table.js';
import type { StepContext } from '../step-context.js';

export async function joinTables(context: StepContext<JoinedTableParams>): Promise<void> {
  const { axes, cells, file } = context.params;
  const table = new JoinedTable(axisColumns(axes), numbersOfFile(file));
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

/** Columns of axes, none of which has the name of a column of some table. */
export function axisColumns(axes: readonly AxisColumn[]): AxisColumn[] {
  return axes.map((axis) => (isTableColumn(axis.name) ? { ...axis, name: `cell_${axis.name}` } : axis));
}

/** Columns of a table that hold numbers; undefined: it is not one of runflow's, and its values tell. */
export function numbersOfFile(file: string): string[] | undefined {
  const columns = columnsOfFile(file);
  return columns && Object.entries(columns).flatMap(([name, kind]) => (kind === 'text' ? [] : [name]));
}
