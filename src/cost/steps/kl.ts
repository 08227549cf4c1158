import type { CostOf } from '../costed-step.js';
import { addWork, work } from '../work.js';
import { nextTokenWork } from './next-token.js';
import { scoreFile } from './scored.js';
import { storing } from './stored.js';

/** One pass over the prompts, and a sum over the vocabulary of each on the host. */
export const kl: CostOf<'kl'> = (step) => {
  const { own, prompts, vocabulary } = nextTokenWork(step, step.params);
  const compared = work({ read: 4 * prompts * vocabulary, host: { elements: 10 * prompts * vocabulary } });
  return storing(addWork(own, compared), { scores: scoreFile(prompts) });
};
