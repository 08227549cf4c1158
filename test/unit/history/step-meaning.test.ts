import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { meaningOf } from '../../../src/history/step-meaning.js';

const steps = [
  { id: 'init[base]', kind: 'init' },
  { id: 'profile=flat,seed=1/svd[useful,a/b]', kind: 'svd' },
  { id: 'profile=flat,seed=2/training_seed=3/svd[useful,a/b]', kind: 'svd' },
  { id: 'profile=flat/energy-table', kind: 'energy-table' },
  { id: 'named/fetch[base]', kind: undefined },
];
const meant = (name: string) => steps.flatMap((step, index) => (meaningOf(name)(step) ? [index] : []));

test('a name without a cell means the steps of all', () => {
  assert.equal(meant('init[base]'), [0]);
  assert.equal(meant('svd[useful,a/b]'), [1, 2]);
  assert.equal(meant('svd'), [1, 2]);
  assert.equal(meant('energy-table'), [3]);
  assert.equal(meant('fetch[base]'), [4]);
});

test('coordinates in front choose cells, in any order, and patterns are patterns', () => {
  assert.equal(meant('seed=1/svd'), [1]);
  assert.equal(meant('seed=2,profile=flat/svd[*]'), [2]);
  assert.equal(meant('training_seed=3/svd'), [2]);
  assert.equal(meant('profile=fl*/*'), [1, 2, 3]);
  assert.equal(meant('named/fetch*'), [4]);
  assert.equal(meant('seed=3/svd'), []);
  assert.equal(meant('seed=1,profile=wide/svd'), []);
});

test('a cell with a name is chosen by its coordinates, too', () => {
  const cells = [{ label: 'named', coordinates: { profile: 'flat', seed: '5' } }];
  const meantOf = (name: string) => steps.flatMap((step, index) => (meaningOf(name, cells)(step) ? [index] : []));
  assert.equal(meantOf('seed=5/fetch*'), [4]);
  assert.equal(meantOf('profile=flat,seed=5/*'), [4]);
  assert.equal(meantOf('profile=flat/*'), [1, 2, 3, 4]);
  assert.equal(meantOf('seed=1/fetch*'), []);
});

test.run();
