import type { CostOf } from '../costed-step.js';
import { work } from '../work.js';
import { programSeconds } from './command-scores.js';

/** Files of a program of the user's: neither how long it takes nor how much it makes is known. */
export const commandFiles: CostOf<'command-files'> = (step) => {
  programSeconds(step);
  return {
    work: work({}),
    outputs: new Map(step.params.files.map((name) => [`file/${name}`, { bytes: 0 }])),
  };
};
