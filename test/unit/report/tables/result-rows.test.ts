import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readResult } from '../../../../src/report/tables/result-rows.js';

const columns = { a: 'number' } as const;

test('a result is parsed once, however often it is read', () => {
  const files = new Map([['x.csv', 'a\n1\n']]);
  const rows = readResult(files, 'x.csv', columns);
  assert.equal(rows, [{ a: 1 }]);
  assert.is(readResult(files, 'x.csv', columns), rows);
});

test('other files, other text and other columns are read for themselves', () => {
  const files = new Map([['x.csv', 'a,b\n1,2\n']]);
  readResult(files, 'x.csv', columns);
  assert.equal(readResult(files, 'x.csv', { b: 'number' }), [{ b: 2 }]);
  assert.equal(readResult(new Map([['x.csv', 'a\n3\n']]), 'x.csv', columns), [{ a: 3 }]);
  files.set('x.csv', 'a\n4\n');
  assert.equal(readResult(files, 'x.csv', columns), [{ a: 4 }]);
  assert.throws(() => readResult(files, 'y.csv', columns), /y\.csv is not among the results/);
});

test.run();
