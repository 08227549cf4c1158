import type { CostOf } from '../costed-step.js';
import { describedTensor } from '../described.js';
import { matrixOf, reading } from '../matrix-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** Means of hidden states on the host. */
export const differenceBasis: CostOf<'difference-basis' | 'difference-vector'> = (step) => {
  const states = step.inputNames.map((name) => step.input(name));
  const hidden = matrixOf(states[0]!).columns;
  let all = work({});
  for (const one of states) {
    const { rows, columns } = matrixOf(one);
    all = addWork(all, addWork(reading(rows * columns, one), work({ host: { elements: rows * columns } })));
  }
  return storing(all, { q: describedTensor('F32', [hidden, states.length / 2]), r: describedTensor('F64', [hidden]) });
};
