import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { textOf } from '../../../src/data/row.js';
import { mixCounts, mixRows, transformRows } from '../../../src/data/transform-rows.js';
import type { Transforms, Where } from '../../../src/formats/dataset-choices.js';

const rows = Array.from({ length: 10 }, (_, index) => ({
  n: index,
  even: index % 2 === 0,
  kind: index < 5 ? 'a' : 'b',
}));

test('where, shuffle, skip, take and columns apply in this order', () => {
  const even = transformRows(rows, { where: { even: true }, skip: 1, take: 2, columns: { number: 'n' } }, 'd');
  assert.equal(even, [{ number: 2 }, { number: 4 }]);
  const shuffled = transformRows(rows, { shuffle: 0, take: 3 }, 'd');
  assert.equal(
    shuffled.map((row) => row.n),
    [4, 6, 2],
  );
});

test('a sample is the one that Python draws, after where, in its order', () => {
  // python3 -c "import random; print(random.Random(123).sample(list(range(10)), 4), random.Random(123).sample([0, 2, 4, 6, 8], 3))"
  const numbers = (transforms: Transforms) => transformRows(rows, transforms, 'd').map(({ n }) => n);
  assert.equal(numbers({ sample: 123, take: 4 }), [0, 4, 1, 6]);
  assert.equal(numbers({ where: { even: true }, sample: 123, take: 3 }), [0, 4, 8]);
  assert.equal(
    numbers({ sample: 5 }).sort((a, b) => Number(a) - Number(b)),
    rows.map(({ n }) => n),
  );
  assert.throws(() => numbers({ sample: 1, take: 11 }), /11 rows are asked for, there are 10/);
});

test('where looks into a column that holds a mapping: one of the names is true', () => {
  const labelled = [
    { id: 1, category: { theft: true, 'hate_speech,offensive_language': false } },
    { id: 2, category: { theft: false, 'hate_speech,offensive_language': true } },
    { id: 3, category: { theft: false, 'hate_speech,offensive_language': false } },
  ];
  const ids = (any: string[]) => transformRows(labelled, { where: { category: { any } } }, 'd').map(({ id }) => id);
  assert.equal(ids(['theft']), [1]);
  assert.equal(ids(['theft', 'hate_speech,offensive_language']), [1, 2]);
  assert.throws(() => ids(['thefts']), /column "category" has no entry "thefts"/);
  assert.throws(
    () => transformRows(rows, { where: { kind: { any: ['a'] } } }, 'd'),
    /column "kind" holds "a", not a mapping/,
  );
});

test('where takes one value or a list of them, and knows that CSV cells are text', () => {
  assert.is(transformRows(rows, { where: { kind: ['a', 'b'], n: [1, 7, 99] } }, 'd').length, 2);
  const cells = [{ is_safe: 'False', n: '3' }];
  assert.is(transformRows(cells, { where: { is_safe: false, n: 3 } }, 'd').length, 1);
});

test('where says "not": a value, a list, and null, which a column that a row lacks counts as', () => {
  const answers = [{ id: 1, answer: 'a' }, { id: 2, answer: null }, { id: 3 }, { id: 4, answer: '' }];
  const ids = (where: Where) => transformRows(answers, { where }, 'd').map(({ id }) => id);
  assert.equal(ids({ answer: { not: null } }), [1, 4]);
  assert.equal(ids({ answer: { not: [null, ''] } }), [1]);
  assert.equal(ids({ answer: [null, 'a'] }), [1, 2, 3]);
  assert.equal(ids({ id: { not: [1, 2] } }), [3, 4]);
  assert.throws(() => ids({ answer: { not: '' } }), /there is no column "answer"/);
  for (const where of [{ anser: { not: null } }, { anser: [null] }]) {
    assert.throws(() => ids(where), /^d: there is no column "anser"|there is no column "anser"/);
  }
});

test('columns may be called what every object has, and are missing where a row has none of the name', () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf']) {
    const own = [Object.fromEntries([[name, 'x']]), Object.fromEntries([[name, 'y']])];
    const where = Object.fromEntries([[name, 'y']]);
    assert.is(JSON.stringify(transformRows(own, { where }, 'd')), JSON.stringify([own[1]]));
    const renamed = transformRows(own, { columns: Object.fromEntries([[name, name]]) }, 'd');
    assert.is(JSON.stringify(renamed), JSON.stringify(own));
    assert.is(textOf(own[0]!, name, 'd'), 'x');
    const missing = new RegExp(`there is no column "${name}"`);
    for (const transforms of [{ where }, { columns: { prompt: name } }]) {
      assert.throws(() => transformRows([{ a: 1 }], transforms, 'd'), missing);
    }
    assert.throws(() => textOf({ a: 1 }, name, 'd'), missing);
  }
});

test('a wrong column lists the columns there are', () => {
  for (const transforms of [{ where: { nope: 1 } }, { columns: { prompt: 'nope' } }]) {
    assert.throws(
      () => transformRows(rows, transforms, 'datasets.unsafe'),
      (error: { message: string; hint: string }) =>
        error.message === 'datasets.unsafe: there is no column "nope"' &&
        error.hint === 'The columns are: n, even, kind.',
    );
  }
});

test('an empty outcome and too few rows are errors that say how many there are', () => {
  assert.throws(
    () => transformRows(rows, { where: { kind: 'c' } }, 'd'),
    /d: none of the 10 rows meets \{"kind":"c"\}/,
  );
  assert.throws(() => transformRows(rows, { take: 11 }, 'd'), /11 rows are asked for, there are 10/);
  assert.throws(() => transformRows([], {}, 'd'), /d: no rows/);
  assert.throws(() => transformRows(rows, { skip: 10 }, 'd'), /d: no rows are left: 10 are skipped, there are 10/);
});

test('a mix is the first rows of each part, by count or whole', () => {
  const parts = [
    { name: 'useful', rows: rows.slice(0, 6), count: 'all' as const },
    { name: 'unsafe', rows: rows.slice(6), count: 2 },
  ];
  assert.equal(
    mixRows(parts, 'm').map((row) => row.n),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.throws(
    () => mixRows([{ name: 'unsafe', rows: [], count: 1 }], 'm'),
    /m: 1 rows of "unsafe" are asked for, it has 0/,
  );
});

test('the counts of a mix add up to its total for any weights', () => {
  assert.equal(mixCounts([0.8, 0.2], 20000), [16000, 4000]);
  assert.equal(mixCounts([1 / 3, 1 / 3, 1 / 3], 10), [4, 3, 3]);
  for (let total = 0; total < 50; total++) {
    const counts = mixCounts([0.15, 0.55, 0.3], total);
    assert.is(
      counts.reduce((sum, count) => sum + count, 0),
      total,
    );
    counts.forEach((count, index) => {
      assert.ok(Math.abs(count - [0.15, 0.55, 0.3][index]! * total) < 1);
    });
  }
});

test.run();
