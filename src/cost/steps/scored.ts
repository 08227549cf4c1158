import type { CostOf } from '../costed-step.js';
import type { Described } from '../described.js';
import { jsonLines, rowsOf } from '../rows.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** Scores of so many items as JSON; nothing bounds their file where nothing bounds the items. */
export function scoreFile(rows: number): Described {
  return { bytes: 4 * rows + 50 };
}

/** Responses or likelihoods that are read and scored on the host. */
export const scored: CostOf<'exact-match' | 'multiple-choice' | 'refusal-rate'> = (step) => {
  const given = step.has('responses') ? 'responses' : 'likelihoods';
  const rows = rowsOf(step, given);
  const characters = step.input('rows').bytes + step.input(given).bytes;
  return storing(work({ host: { characters }, hostMemory: 4 * characters }), {
    scores: scoreFile(rows),
    items: jsonLines(rows),
  });
};
