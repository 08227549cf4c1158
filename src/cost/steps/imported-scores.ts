import type { CostOf } from '../costed-step.js';
import { rowsOf } from '../rows.js';
import { work } from '../work.js';
import { scoreFile } from './scored.js';
import { storing } from './stored.js';

/** Scores that are read on the host. */
export const importedScores: CostOf<'imported-scores'> = (step) => {
  const characters = step.input('rows').bytes + step.input('scored').bytes;
  const items = rowsOf(step, 'rows', step.params.limit);
  return storing(work({ host: { characters }, hostMemory: 4 * characters }), { scores: scoreFile(items) });
};
