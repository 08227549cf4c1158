import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Json } from '../../../src/formats/json.js';
import { pooledTable } from '../../../src/plan/pool-seeds.js';
import type { Step } from '../../../src/steps/step.js';

const scored = (model: string) => ({ model, metric: 'utility', kind: 'exact-match', items: true });

/** A table of scores: models with the node of their scores. */
function table(id: string, rows: readonly (readonly [model: string, node: string])[]): Step {
  const inputs = rows.flatMap(([, node], index) => [
    [`${index}/scores`, { node, output: 'scores' }],
    [`${index}/items`, { node, output: 'items' }],
  ]);
  const params = { rows: rows.map(([model]) => scored(model)) };
  return { id, kind: 'evaluation-table', params, inputs: Object.fromEntries(inputs), group: 'Tables' };
}

const rowsOf = ({ params }: Step) => params.rows as readonly { readonly [name: string]: Json }[];

test('a row that cells share depends on no seed and stands there once; others have the seed of their cell', () => {
  const pooled = pooledTable(
    [
      table('s=1/t', [['base', 'scored[base]'], ['tuned', 's=1/scored[tuned]']]), // biome-ignore format: a table
      table('s=2/t', [['base', 'scored[base]'], ['tuned', 's=2/scored[tuned]']]), // biome-ignore format: a table
      table('s=3/t', [['base', 'scored[base]'], ['tuned', 's=3/scored[tuned]']]), // biome-ignore format: a table
    ],
    [1, 2, 3],
    'p/pooled',
    'p',
  );
  assert.equal(
    rowsOf(pooled).map(({ model, trainingSeed, items }) => [model, trainingSeed ?? null, items]),
    [
      ['base', null, false],
      ['tuned', 1, false],
      ['tuned', 2, false],
      ['tuned', 3, false],
    ],
  );
  assert.equal(
    Object.entries(pooled.inputs).map(([name, { node }]) => [name, node]),
    [
      ['0/scores', 'scored[base]'],
      ['1/scores', 's=1/scored[tuned]'],
      ['2/scores', 's=2/scored[tuned]'],
      ['3/scores', 's=3/scored[tuned]'],
    ],
  );
  assert.equal([pooled.id, pooled.cell, pooled.kind], ['p/pooled', 'p', 'evaluation-table']);
});

test('what some of the cells share is one measurement', () => {
  const [one, two] = [table('a', [['tuned', 'x']]), table('b', [['tuned', 'x']])];
  const pooled = pooledTable([one, two, table('c', [['tuned', 'y']])], [1, 2, 3], 'p', '');
  assert.equal(
    rowsOf(pooled).map(({ trainingSeed }) => trainingSeed),
    [1, 3],
  );
});

test('a table that all cells share stays the one it is', () => {
  const shared = table('t', [['base', 'x']]);
  assert.is(pooledTable([shared, shared], [1, 2], 'p', ''), shared);
});

test('a table of models has the seeds beside them', () => {
  const ofModels = (id: string, node: string): Step => {
    const inputs = { 0: { node: 'base', output: 'curve' }, 1: { node, output: 'curve' } };
    return { id, kind: 'loss-table', params: { models: ['base', 'tuned'] }, inputs, group: 'Tables' };
  };
  const pooled = pooledTable([ofModels('a', 'x'), ofModels('b', 'y')], [4, 5], 'p', '');
  assert.equal(pooled.params, { models: ['base', 'tuned', 'tuned'], trainingSeeds: [null, 4, 5] });
});

test.run();
