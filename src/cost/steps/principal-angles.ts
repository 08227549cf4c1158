import type { CostOf } from '../costed-step.js';
import { exactGramWork, matrixOf, reading } from '../matrix-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** Gram matrix of both bases side by side, two Cholesky factors and an eigenproblem; fewer where the energy is reached earlier. */
export const principalAngles: CostOf<'principal-angles'> = (step) => {
  const bases = ['a-u', 'b-u'].map((name) => step.input(name));
  const [a, b] = bases.map((basis) => matrixOf(basis)) as [{ rows: number; columns: number }, { columns: number }];
  const isWhole = !step.has('a-s') && !step.has('b-s');
  if (!isWhole) step.unknown('directions that reach an energy', 'from 1 to the rank of a tensor');
  const [left, right] = step.end === 'most' || isWhole ? [a.columns, b.columns] : [1, 1];
  const n = left + right;
  const least = Math.min(left, right);
  const all = [
    exactGramWork(step.device, { rows: a.rows, columns: n }),
    ...bases.map((basis) => reading(a.rows * matrixOf(basis).columns, basis)),
    work({
      host: { eigenCubes: least ** 3, productFlop: left ** 3 + right ** 3 + 2 * left * right * (left + right) },
      hostMemory: 8 * 3 * n * n,
    }),
  ].reduce(addWork);
  return storing(all, { angles: { bytes: 20 * least + 100 } });
};
