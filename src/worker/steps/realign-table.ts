import type { Realignment } from '../../formats/realignment.js';
import { RealignTable } from '../../report/tables/realign.js';
import { modelRows } from '../../steps/model-rows.js';
import type { RealignTableParams } from '../../steps/realign-table.js';
import type { StepContext } from '../step-context.js';

export async function makeRealignTable(context: StepContext<RealignTableParams>): Promise<void> {
  const table = new RealignTable();
  for (const [index, model] of modelRows(context.params).entries()) {
    const choice = await context.read(context.input(`${index}`));
    table.add(model, JSON.parse(new TextDecoder().decode(choice)) as Realignment);
  }
  await context.write('realign.csv', new TextEncoder().encode(table.csv()));
}
