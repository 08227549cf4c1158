import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExpectedSeconds } from '../../../../src/run/expected-seconds.js';
import { teamOrder } from '../../../../src/run/schedule/order.js';
import type { Step } from '../../../../src/steps/step.js';
import { make } from '../../plan/memory-store.js';

function order(
  steps: readonly Step[],
  seconds: Readonly<Record<string, number>> = {},
  { seed = 1, cached = [] as readonly string[] } = {},
): string[] {
  const expectedOf = ({ id }: Step): ExpectedSeconds =>
    seconds[id] === undefined ? { least: 0 } : { least: seconds[id] / 2, most: seconds[id] * 1.5 };
  const ranks = teamOrder(steps, { expectedOf, isNeeded: ({ id }) => !cached.includes(id), seed });
  return steps
    .map(({ id }, index) => ({ id, rank: ranks[index]! }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ id }) => id);
}

const wide = Array.from({ length: 50 }, (_, index) => make(`s${index}`, ['source'], { index }));

test('the step with the longest way to the end goes first, by the seconds of earlier runs', () => {
  const steps = [
    make('short', ['source']),
    make('long', ['source']),
    make('first', ['source']),
    make('last', ['first']),
  ];
  assert.equal(order(steps, { short: 10, long: 100, first: 10, last: 1000 }), ['first', 'last', 'long', 'short']);
});

test('where nothing is known, training goes first and then what has the longest chain behind it', () => {
  const chain = ['a', 'b', 'c', 'd'].map((id, index, ids) => make(id, [index === 0 ? 'source' : ids[index - 1]!]));
  const steps = [
    make('alone', ['source']),
    ...chain,
    make('trained', ['source'], {}, 'train'),
    make('of', ['trained']),
  ];
  assert.equal(order(steps).slice(0, 4), ['trained', 'a', 'b', 'c']);
  assert.equal(order(steps, { alone: 50_000 })[0], 'alone');
});

test('what is cached is no part of the way', () => {
  const steps = [make('short', ['source']), make('done', ['source']), make('after', ['done'])];
  assert.is(order(steps, { short: 10, done: 100, after: 1 })[0], 'done');
  assert.equal(order(steps, { short: 10, done: 100, after: 1 }, { cached: ['done'] })[0], 'short');
});

test('runners take what is about as long in orders of their own', () => {
  const seconds = Object.fromEntries(wide.map(({ id }, index) => [id, 100 + (index % 3)]));
  const [one, two] = [order(wide, seconds, { seed: 1 }), order(wide, seconds, { seed: 2 })];
  assert.equal([...one].sort(), [...two].sort());
  const meetings = one.filter((id, index) => two[index] === id).length;
  assert.ok(meetings < 10, `${meetings} of ${one.length} at the same place`);
  assert.not.equal(
    one,
    wide.map(({ id }) => id),
  );
});

test('a chain of 100,000 steps is ordered without overflowing the stack', () => {
  const steps = Array.from({ length: 100_000 }, (_, index) =>
    make(`s${index}`, [index === 0 ? 'source' : `s${index - 1}`]),
  );
  const ids = order(steps, { s99999: 1 });
  assert.ok(Number(ids[0]!.slice(1)) < 30_000);
  assert.is(ids.length, 100_000);
});

test.run();
