import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PythonRandom } from '../../../src/data/python-random.js';

// random.Random(seed).sample(range(population), count) of CPython 3.11, drawn one after the other
test('samples are those of Python, from a pool and from a set', () => {
  const documents = new PythonRandom(1234);
  assert.equal(
    Array.from({ length: 6 }, () => documents.sample(7473, 1)[0]),
    [6374, 3610, 957, 61, 742, 7462],
  );
  assert.equal(new PythonRandom(123).sample(520, 8), [53, 274, 89, 417, 272, 110, 39, 388]);
  assert.equal(
    new PythonRandom(0).sample(20, 20),
    [12, 13, 1, 8, 15, 6, 19, 4, 7, 5, 9, 3, 2, 11, 17, 0, 14, 16, 18, 10],
  );
});

test('a seed beyond 32 bits seeds by all its words', () => {
  const random = new PythonRandom(2 ** 40 + 5);
  assert.equal(random.sample(100, 6), [64, 66, 34, 84, 3, 67]);
  assert.equal(random.sample(100, 30).slice(0, 6), [97, 99, 5, 21, 10, 17]);
});

test('more than there are cannot be drawn', () => {
  assert.throws(() => new PythonRandom(1).sample(3, 4), /sample of 4 from 3/);
});

test.run();
