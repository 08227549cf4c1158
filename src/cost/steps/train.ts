import { architectureTensors } from '../../formats/architecture.js';
import { precisions } from '../../formats/precision.js';
import { elementCount } from '../../formats/tensor.js';
import { stepCount } from '../../nn/batches.js';
import type { CostOf } from '../costed-step.js';
import { trainingPhases, trainingStateBytes } from '../decoder-work.js';
import { type Described, describedTensor } from '../described.js';
import { reading } from '../matrix-work.js';
import { configOf, tensorsOf } from '../model-work.js';
import { addWork, phase, work } from '../work.js';
import { storing } from './stored.js';

/** The passes of all epochs, the optimizer's steps, the states that are kept on the way, and the model that comes out. */
export const train: CostOf<'train'> = (step) => {
  const recipe = step.params;
  const { checkpointEvery = 100, activationCheckpointing = false } = step.hints;
  const parent = step.inputs('parent');
  const config = configOf(parent, step.id);
  const rows = step.inputs('tokens').get('input-ids')!.lengths!;
  const outputs: Record<string, Described> = {};
  for (const [name, shape] of architectureTensors(config)) {
    outputs[`tensor/${name}`] = describedTensor(precisions[recipe.precision].weights, shape);
  }
  const steps = stepCount({ ...recipe, rows: rows.count });
  const inEpoch = Math.ceil(rows.count / (recipe.batch * recipe.accumulate));
  const aStep = Number.isFinite(inEpoch) ? Math.ceil(rows.count / recipe.batch) / inEpoch : recipe.accumulate;
  const microBatches = steps * aStep;
  const { phases, deviceMemory } = trainingPhases(config, {
    rows,
    batch: recipe.batch,
    steps,
    microBatches,
    precision: recipe.precision,
    recomputed: activationCheckpointing,
  });
  const weights = Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
  const state = trainingStateBytes(config, recipe.precision);
  const saves = Math.max(0, Math.ceil(steps / checkpointEvery) - 1);
  const largest = Math.max(...[...architectureTensors(config).values()].map(elementCount));
  const loading = tensorsOf(parent).map(([, one]) => reading(elementCount(one.tensor!.shape), one));
  const all = [
    ...loading,
    work({
      phases: [...phases, phase({ transferred: 2 * weights + saves * state, waits: saves * config.layers })],
      host: { elements: weights / 2 },
      // A state is written and hashed like what goes into the store.
      read: saves * state,
      scratch: saves === 0 ? 0 : 2 * state,
      hostMemory: 8 * largest + 8 * rows.total,
      deviceMemory,
    }),
  ].reduce(addWork);
  outputs.curve = { bytes: 120 * steps };
  const files = new Map([...parent].filter(([name]) => name.startsWith('file/')));
  outputs['file/config.json'] = { ...parent.get('file/config.json')!, config };
  return storing(all, outputs, files);
};
