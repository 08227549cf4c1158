import type { CostOf } from '../costed-step.js';
import { jsonLines, transformedRows } from '../rows.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** Rows of files: how many is known where the workflow says it, or the files are here. */
export const rows: CostOf<'rows'> = (step) => {
  const known = step.known.outputs?.get('rows');
  const bytes = [...step.inputs('files').values()].reduce((sum, file) => sum + file.bytes, 0);
  const own = work({ read: bytes, host: { characters: bytes }, hostMemory: 2 * bytes });
  if (known !== undefined) return storing(own, { rows: known });
  const { transforms } = step.params;
  // `take` says how many rows are left, however many there are.
  const all = transforms.take === undefined ? step.assumed(`${step.origin}.rows`) : undefined;
  if (all === undefined && transforms.take === undefined && transforms.where === undefined) {
    step.unknown(
      `rows of ${step.origin}`,
      `nothing bounds them before it is fetched; \`--assume ${step.origin.replace(/^datasets\./, '')}.rows=N\` sets them`,
    );
  }
  const files = all ?? (step.end === 'least' ? 1 : Number.POSITIVE_INFINITY);
  return storing(own, { rows: jsonLines(transformedRows(step, step.origin, files, transforms)) });
};
