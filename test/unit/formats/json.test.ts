import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameJson } from '../../../src/formats/json.js';

test('values are the same whatever the order of their members, and differ in anything else', () => {
  const value = { a: [1, { b: null, c: 'x' }], d: true };
  assert.ok(sameJson(value, { d: true, a: [1, { c: 'x', b: null }] }));
  const others = [
    { ...value, d: false },
    { ...value, e: 1 },
    { a: value.a },
    { ...value, a: [{ b: null, c: 'x' }, 1] },
    { ...value, a: [1] },
    { ...value, a: { 0: 1, 1: { b: null, c: 'x' } } },
    { ...value, a: [1, { c: 'x', x: null }] },
    { ...value, a: [1, null] },
    null,
    'x',
  ];
  for (const other of others) {
    assert.not.ok(sameJson(value, other), JSON.stringify(other));
    assert.not.ok(sameJson(other, value), JSON.stringify(other));
  }
});

test.run();
