import type { CostOf } from '../costed-step.js';
import { givenModels } from '../given-models.js';
import { addWork, work } from '../work.js';
import { programSeconds } from './command-scores.js';

/** Files of a program of the user's: models that it is given are written for it; what it makes is not known. */
export const commandResults: CostOf<'command-results'> = (step) => {
  programSeconds(step);
  const { tables = [], files = [] } = step.params;
  return {
    work: addWork(givenModels(step), work({ objects: tables.length + files.length })),
    outputs: new Map([...tables, ...files].map((name) => [`file/${name}`, { bytes: 0 }])),
  };
};
