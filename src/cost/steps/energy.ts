import type { CostOf } from '../costed-step.js';
import { matrixOf, reading, subspaceWork, tall, windowBytes } from '../matrix-work.js';
import { addWork, phase, work } from '../work.js';
import { storing } from './stored.js';

/** The coefficients of the update in the basis, and the projected weights at each rank. */
export const energy: CostOf<'energy'> = (step) => {
  const { rows, ontoRows, ranks, scalar } = step.params;
  const [from, to] = [step.input('from'), step.input('to')];
  const matrix = matrixOf(from, rows);
  const elements = matrix.rows * matrix.columns;
  const update = reading(elements, from, to);
  let [all, kept] = [work({}), 0];
  if (step.has('basis')) {
    const [d = 1, vectors = 1] = step.input('basis').tensor?.shape ?? [];
    all = subspaceWork(tall(matrix), { vectors, d, ranks }, update, reading(elements, from));
    kept = vectors;
  }
  if (scalar !== undefined) {
    const onto = scalar === 'update' ? [step.input('onto-from'), step.input('onto-to')] : [];
    const of = matrixOf(onto[0] ?? from, ontoRows);
    const normals = typeof scalar === 'object' ? 2 * elements : 0;
    all = [
      all,
      ...[update, update, reading(elements, from), reading(2 * of.rows * of.columns, ...onto)],
      work({
        host: { elements: 6 * elements, normals },
        phases: [phase({ otherBytes: 20 * elements, transferred: 12 * elements, dispatches: 2, waits: 1 })],
        hostMemory: 4 * windowBytes(tall(matrix)),
        deviceMemory: 4 * windowBytes(tall(matrix)),
      }),
    ].reduce(addWork);
  }
  // Numbers of up to 20 characters.
  return storing(all, { energy: { bytes: 20 * (kept + ranks.length + 1) } });
};
