import { enoughTokens } from '../../nn/rows-that-fit.js';
import type { CostOf } from '../costed-step.js';
import { forwardPhase, passBytes } from '../decoder-work.js';
import { runModel } from '../model-work.js';
import { addWork, work } from '../work.js';
import { scoreFile } from './scored.js';
import { storing } from './stored.js';

/** One pass over the rows. */
export const loss: CostOf<'loss'> = (step) => {
  const model = runModel(step, step.params.model);
  const { config, type } = model;
  const lengths = step.inputs('tokens').get('input-ids')!.lengths!;
  const { targets } = lengths;
  const own = work({
    phases: [forwardPhase(step.device, config, type, lengths, { outputs: targets, told: targets })],
    hostMemory: 16 * lengths.total,
    deviceMemory: model.weights + passBytes(step.device, config, lengths, Math.min(targets, enoughTokens)),
  });
  return storing(addWork(model.work, own), { scores: scoreFile(lengths.count) });
};
