import { setImmediate as nextTurn } from 'node:timers/promises';
import { syntheticRows } from '../../data/synthetic/registry.js';
import { RowSelection } from '../../data/transform-rows.js';
import type { SyntheticParams } from '../../steps/synthetic.js';
import type { StepContext } from '../step-context.js';
import { writeRows } from './write-rows.js';

const rowsATurn = 10_000;

/** Makes rows one by one, as far as they are needed and within the limits of a dataset. */
export async function runSynthetic(context: StepContext<SyntheticParams>): Promise<void> {
  const { what, transforms } = context.params;
  const selection = new RowSelection(transforms, `synthetic ${what.kind}`);
  let made = 0;
  for (const row of syntheticRows(what)) {
    if (selection.complete) break;
    selection.add(row);
    if (++made % rowsATurn > 0) continue;
    context.progress({ done: made, total: what.rows, unit: 'rows' });
    await nextTurn();
    context.signal.throwIfAborted();
  }
  await writeRows(context, selection.finish());
}
