import { DataError } from '../../diagnostics/errors.js';
import { rowsThatFit } from '../../nn/rows-that-fit.js';
import type { LossParams } from '../../steps/loss.js';
import type { Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';
import { runningModel } from './running-model.js';
import { tokenBatches } from './token-batches.js';
import { checkLengths, tokenRows } from './token-input.js';

export async function measureLoss(context: StepContext<LossParams>): Promise<void> {
  const { model } = context.params;
  const rows = await tokenRows(context);
  const { gpu, decoder } = await runningModel(context, model);
  checkLengths(rows, decoder.config);
  const values: (number | null)[] = [];
  const weights: number[] = [];
  for (const batch of tokenBatches(rows, ({ inputIds }) => inputIds.length, rowsThatFit(gpu, decoder.config))) {
    context.signal.throwIfAborted();
    for (const { sum, targets } of await decoder.rowLosses(batch)) {
      if (!Number.isFinite(sum)) {
        throw new DataError(`The model's loss on row ${values.length + 1} is not finite`, {
          hint: 'Its weights, or what they grow to in f32, overflow: look at the model, or at the update it was made from.',
        });
      }
      // A row without a target has no loss, and weighs nothing.
      values.push(targets === 0 ? null : sum / targets);
      weights.push(targets);
    }
    context.progress({ done: values.length, total: rows.length, unit: 'rows' });
  }
  const scores: Scores = { values, weights };
  await context.write('scores', new TextEncoder().encode(JSON.stringify(scores)));
}
