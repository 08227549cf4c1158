import type { CostOf } from '../costed-step.js';
import type { Described } from '../described.js';
import { tensorsOf } from '../model-work.js';
import { addWork, work } from '../work.js';
import { programSeconds } from './command-scores.js';
import { storing } from './stored.js';

/** A model that a program of the user's makes: folders are written for it, and its own is read; what it does is not known. */
export const commandModel: CostOf<'command-model'> = (step) => {
  programSeconds(step);
  const { with: given, like } = step.params;
  let all = work({});
  for (const [name, kind] of Object.entries(given)) {
    if (kind !== 'model') continue;
    const bytes = bytesOf(tensorsOf(step.inputs(`with/${name}`)));
    all = addWork(all, work({ read: bytes, scratch: bytes, hostMemory: 2 ** 25 }));
  }
  const model = step.inputs(`with/${like}`);
  const own = bytesOf(tensorsOf(model));
  return storing(addWork(all, work({ read: own, scratch: own })), Object.fromEntries(model));
};

function bytesOf(tensors: readonly (readonly [string, Described])[]): number {
  return tensors.reduce((sum, [, { bytes }]) => sum + bytes, 0);
}
