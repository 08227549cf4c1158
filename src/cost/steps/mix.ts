import type { CostOf } from '../costed-step.js';
import { jsonLines, rowsOf, transformedRows } from '../rows.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** Rows of other datasets, in parts of a total or counted. */
export const mix: CostOf<'mix'> = (step) => {
  const { parts, total, transforms } = step.params;
  const bytes = parts.reduce((sum, _, index) => sum + step.input(`part/${index}`).bytes, 0);
  const own = work({ host: { characters: bytes }, hostMemory: 2 * bytes });
  const known = step.known.outputs?.get('rows');
  if (known !== undefined) return storing(own, { rows: known });
  const counted = parts.map(({ count }, index) => (typeof count === 'number' ? count : rowsOf(step, `part/${index}`)));
  const all = total ?? counted.reduce((sum, count) => sum + count, 0);
  return storing(own, { rows: jsonLines(transformedRows(step, step.origin, all, transforms)) });
};
