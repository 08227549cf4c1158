import type { CostOf } from '../costed-step.js';
import { withGivenModels } from '../given-models.js';
import { tensorsOf } from '../model-work.js';
import { work } from '../work.js';
import { programSeconds } from './command-scores.js';
import { storing } from './stored.js';

/** A model that a program of the user's makes: folders are written for it, and its own is read; what it does is not known. */
export const commandModel: CostOf<'command-model'> = (step) => {
  programSeconds(step);
  const model = step.inputs(`with/${step.params.like}`);
  const bytes = tensorsOf(model).reduce((sum, [, one]) => sum + one.bytes, 0);
  return storing(withGivenModels(step, work({ read: bytes, scratch: bytes })), Object.fromEntries(model));
};
