import type { CostOf } from '../costed-step.js';
import { jsonLines, transformedRows } from '../rows.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** Characters of a generated row, some hundred. */
const rowCharacters = 100;

/** A generator's rows. */
export const synthetic: CostOf<'synthetic'> = (step) => {
  const { what, transforms } = step.params;
  const own = work({ host: { characters: rowCharacters * what.rows }, hostMemory: 4 * rowCharacters * what.rows });
  const known = step.known.outputs?.get('rows');
  return storing(own, { rows: known ?? jsonLines(transformedRows(step, step.origin, what.rows, transforms)) });
};
