import { LossTable } from '../../report/tables/loss.js';
import type { LossCurve, LossTableParams } from '../params.js';
import type { StepContext } from '../step.js';

export async function makeLossTable(context: StepContext): Promise<void> {
  const { models } = context.params as LossTableParams;
  const table = new LossTable();
  for (const [index, model] of models.entries()) {
    context.signal.throwIfAborted();
    const bytes = await context.read(context.input(`${index}`));
    table.add(model, JSON.parse(new TextDecoder().decode(bytes)) as LossCurve);
    context.progress({ done: index + 1, total: models.length, unit: 'curves' });
  }
  await context.write('loss.csv', new TextEncoder().encode(table.csv()));
}
