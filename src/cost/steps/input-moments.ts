import { architectureTensors } from '../../formats/architecture.js';
import { linearMoments, packedLength } from '../../formats/linear-moments.js';
import type { CostOf } from '../costed-step.js';
import { forwardPhase, passBytes } from '../decoder-work.js';
import { type Described, describedTensor, limited } from '../described.js';
import { exactGramWork } from '../matrix-work.js';
import { runModel } from '../model-work.js';
import { addWork, phase, work } from '../work.js';
import { storing } from './stored.js';

/** One pass over the rows, and a Gram matrix of what each linear layer takes or gives. */
export const inputMoments: CostOf<'input-moments'> = (step) => {
  const { model: recipe, tokens, limit } = step.params;
  const model = runModel(step, recipe);
  const { config, type } = model;
  const lengths = limited(step.inputs('tokens').get('input-ids')!.lengths!, limit);
  const most = { response: lengths.targets, prompt: lengths.total, all: lengths.total }[tokens];
  const chosen = step.end === 'least' && tokens !== 'all' ? Math.min(1, most) : most;
  if (tokens !== 'all') step.unknown(`tokens of the ${tokens}s of ${step.id}`, `at most ${most.toLocaleString('en')}`);
  const moments = linearMoments(architectureTensors(config));
  const sides = new Map([...moments.values()].map(({ name, side }) => [name, side]));
  const outputs: Record<string, Described> = {};
  const pass = forwardPhase(step.device, config, type, lengths, { outputs: 0, told: 0 });
  let all = addWork(model.work, work({ phases: [pass] }));
  for (const [name, side] of sides) {
    outputs[name] = describedTensor('F64', [packedLength(side)]);
    const vectors = work({
      phases: [phase({ transferred: 4 * chosen * side, waits: 1 })],
      host: { elements: 2 * chosen * side + packedLength(side) },
      hostMemory: 4 * chosen * side + 5 * 8 * packedLength(side),
    });
    const shape = { rows: Math.max(1, Math.ceil(chosen)), columns: side };
    all = [all, vectors, ...(Number.isFinite(chosen) ? [exactGramWork(step.device, shape)] : [])].reduce(addWork);
  }
  const deviceMemory = model.weights + passBytes(step.device, config, lengths, 0);
  return storing(addWork(all, work({ deviceMemory })), outputs);
};
