import type { CostOf } from '../costed-step.js';
import { exactGramWork, matrixOf, reading } from '../matrix-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** Gram matrices of the prompts, or of the dimensions of both models where there are more prompts. */
export const cka: CostOf<'cka'> = (step) => {
  const sides = ['a', 'b'].map((name) => ({ one: step.input(name), ...matrixOf(step.input(name)) }));
  const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const byPrompts = a.rows < a.columns && a.rows < b.columns;
  const shapes = byPrompts
    ? sides.map(({ rows, columns }) => ({ rows: columns, columns: rows }))
    : [{ rows: a.rows, columns: a.columns + b.columns }];
  const read = sides.map(({ one, rows, columns }) =>
    addWork(reading(2 * rows * columns, one), work({ host: { elements: 4 * rows * columns } })),
  );
  const grams = shapes
    .filter(({ rows }) => Number.isFinite(rows))
    .map((shape) => addWork(exactGramWork(step.device, shape), work({ host: { elements: 2 * shape.columns ** 2 } })));
  return storing([...read, ...grams].reduce(addWork), { cka: { bytes: 100 } });
};
