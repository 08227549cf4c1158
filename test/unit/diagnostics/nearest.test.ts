import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nearest } from '../../../src/diagnostics/nearest.js';

const names = ['aligned', 'base', 'useful', 'harmful'];

test('a slip of the finger finds the name that was meant', () => {
  assert.is(nearest('alinged', names), 'aligned');
  assert.is(nearest('Base', names), 'base');
  assert.is(nearest('usefull', names), 'useful');
  assert.is(nearest('bse', names), 'base');
});

test('a name that resembles none finds none', () => {
  assert.is(nearest('contaminated', names), undefined);
  assert.is(nearest('x', names), undefined);
  assert.is(nearest('', names), undefined);
});

test.run();
