import type { LossCurve } from '../../formats/step-results.js';
import { LossTable } from '../../report/tables/loss.js';
import type { LossTableParams } from '../../steps/loss-table.js';
import { modelRows } from '../../steps/model-rows.js';
import type { StepContext } from '../step-context.js';

export async function makeLossTable(context: StepContext<LossTableParams>): Promise<void> {
  const models = modelRows(context.params);
  const table = new LossTable();
  for (const [index, model] of models.entries()) {
    context.signal.throwIfAborted();
    const bytes = await context.read(context.input(`${index}`));
    table.add(model, JSON.parse(new TextDecoder().decode(bytes)) as LossCurve);
    context.progress({ done: index + 1, total: models.length, unit: 'curves' });
  }
  await context.write('loss.csv', new TextEncoder().encode(table.csv()));
}
