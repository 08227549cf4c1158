import type { CostOf } from '../costed-step.js';
import { withGivenModels } from '../given-models.js';
import { work } from '../work.js';
import { programSeconds } from './command-scores.js';

/** Files of a program of the user's: models that it is given are written for it; what it makes is not known. */
export const commandResults: CostOf<'command-results'> = (step) => {
  programSeconds(step);
  const { tables = [], files = [] } = step.params;
  return {
    work: withGivenModels(step, work({ objects: tables.length + files.length })),
    outputs: new Map([...tables, ...files].map((name) => [`file/${name}`, { bytes: 0 }])),
  };
};
