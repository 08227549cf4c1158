import { EnergyTables } from '../../report/energy-table.js';
import type { EnergyResult, EnergyTableParams } from '../params.js';
import type { StepContext } from '../step.js';
import { jsonInputs } from './json-inputs.js';

export async function makeEnergyTable(context: StepContext): Promise<void> {
  const { rows } = context.params as EnergyTableParams;
  const tables = new EnergyTables();
  for (const [index, row] of rows.entries()) {
    await tables.add(row, jsonInputs<EnergyResult>(context, `${index}`, row.tensors.length));
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('energy.csv', new TextEncoder().encode(tables.modelCsv()));
  await context.write('energy-by-tensor.csv', new TextEncoder().encode(tables.tensorCsv()));
}
