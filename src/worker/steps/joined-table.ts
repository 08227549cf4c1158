import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataError } from '../../diagnostics/errors.js';
import { listedNames } from '../../diagnostics/listed-names.js';
import { formatBytes } from '../../formats/byte-size.js';
import { type AxisColumn, JoinedTable } from '../../report/tables/joined.js';
import { columnsOfFile, isTableColumn } from '../../report/tables/registry.js';
import type { JoinedTableParams } from '../../steps/joined-table.js';
import type { StepContext } from '../step-context.js';

const mostBytes = 256 << 20;

export async function joinTables(context: StepContext<JoinedTableParams>): Promise<void> {
  const { axes, cells, file } = context.params;
  const numbers = numbersOfFile(file);
  if (numbers === undefined) checkSize(context);
  const table = new JoinedTable(axisColumns(axes), numbers);
  const texts: string[] = [];
  for (const [index, values] of cells.entries()) {
    context.signal.throwIfAborted();
    texts.push(new TextDecoder().decode(await context.read(context.input(`${index}`))));
    table.add(values, texts[index]!);
    context.progress({ done: index + 1, total: cells.length, unit: 'tables' });
    await nextTurn();
  }
  if (numbers === undefined) warnOfMissing(context, table, texts);
  await writeJoined(context, table);
}

/** A program may leave large tables, and there may be many cells: all of them stand in memory together. */
function checkSize(context: StepContext<JoinedTableParams>): void {
  const { cells, file } = context.params;
  const bytes = cells.reduce((sum, _, index) => sum + context.input(`${index}`).bytes, 0);
  if (bytes <= mostBytes) return;
  const message = `${file} has ${formatBytes(bytes)} in all cells: joined tables take at most ${formatBytes(mostBytes)}`;
  throw new DataError(message, { hint: 'Name it under files: it then stays with each cell.' });
}

/** Tells of columns that some cells have and others lack: runflow's own tables have the same in all. */
function warnOfMissing(context: StepContext<JoinedTableParams>, table: JoinedTable, texts: readonly string[]): void {
  const { axes, cells, file } = context.params;
  const lacking = texts.flatMap((text, index) => {
    const missing = table.missingColumns(text);
    return missing.length === 0 ? [] : [{ index, missing }];
  });
  if (lacking.length === 0) return;
  const [{ index, missing }] = lacking as [{ index: number; missing: string[] }];
  const cell = axes.flatMap(({ name }, at) => (cells[index]![at] == null ? [] : [`${name}=${cells[index]![at]}`]));
  const others = lacking.length > 1 ? `, and ${lacking.length - 1} more cells lack some` : '';
  context.warn(
    `the cells do not have the same columns in ${file}: ${cell.join(',')} lacks ${listedNames(missing, 5)}${others}`,
    'Where a cell has no such column, the joined table has empty cells.',
  );
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
