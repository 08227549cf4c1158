import type { CosineResult, EnergyResult } from '../../formats/step-results.js';
import { EnergyTables, type TensorResults } from '../../report/tables/energy.js';
import type { EnergyTableParams } from '../../steps/energy-table.js';
import type { StepContext } from '../step-context.js';
import { jsonInputs } from './json-inputs.js';

export async function makeEnergyTable(context: StepContext<EnergyTableParams>): Promise<void> {
  const { rows } = context.params;
  const tables = new EnergyTables();
  for (const [index, row] of rows.entries()) {
    await tables.add(row, tensorResults(context, `${index}`, row.tensors.length));
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('energy.csv', new TextEncoder().encode(tables.modelCsv()));
  await context.write('energy-by-tensor.csv', new TextEncoder().encode(tables.tensorCsv()));
}

/** Both results of each tensor of a row, one tensor at a time. */
async function* tensorResults(context: StepContext, row: string, count: number): AsyncGenerator<TensorResults> {
  let index = 0;
  for await (const energy of jsonInputs<EnergyResult>(context, row, count)) {
    const input = `${row}/${index++}/cosine`;
    const bytes = context.has(input) ? await context.read(context.input(input)) : undefined;
    const cosine = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as CosineResult);
    yield { energy, cosine: cosine ?? null };
  }
}
