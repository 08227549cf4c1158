import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resultsName } from '../../../../src/run/results/name.js';
import { appliedSettings } from '../../../../src/workflow/applied-settings.js';

const asWritten = { profile: undefined, semantics: undefined };

test('the workflow as written has its own name', () => {
  assert.is(resultsName('exp3', { set: [] }), 'exp3');
  const own = { profile: 'toy', semantics: 'reference' } as const;
  assert.is(resultsName('exp3', appliedSettings({ profile: 'toy', semantics: 'reference' }, own)), 'exp3');
  assert.is(resultsName('exp3', appliedSettings({ semantics: 'paper' }, asWritten)), 'exp3');
});

test('the profile comes first, settings follow in order, what no file name should have is a line', () => {
  const applied = { profile: 'qwen2.5-1.5b', set: ['seed=3', 'params.lr=1e-4'], semantics: 'reference' } as const;
  assert.is(resultsName('exp3', applied), 'exp3@qwen2.5-1.5b,params.lr=1e-4,seed=3,semantics=reference');
  assert.is(resultsName('exp3', { set: ['params.root=../a b=ü😀'] }), 'exp3@params.root=.._a_b___');
});

test('a setting that a later one replaces whole does not count', () => {
  const nameOf = (...set: string[]) => resultsName('w', appliedSettings({ set }, asWritten));
  assert.is(nameOf('a.b=1', 'a.b=2'), 'w@a.b=2');
  assert.is(nameOf('a.b=1', 'a={}'), 'w@a=__');
  assert.is(nameOf('a={}', 'a.b=1'), 'w@a.b=1,a=__');
  assert.is(nameOf('b=1', 'a=2'), nameOf('a=2', 'b=1'));
});

test('a name over 100 bytes is cut and closed by digits of the whole', () => {
  const long = (end: string) => resultsName('w', { set: [`params.text=${'x'.repeat(200)}${end}`] });
  assert.is(long('a').length, 100);
  assert.match(long('a'), /^w@params\.text=x+[0-9a-f]{8}$/);
  assert.is.not(long('a'), long('b'));
  const fits = `params.text=${'x'.repeat(100 - 'w@params.text='.length)}`;
  assert.is(resultsName('w', { set: [fits] }), `w@${fits}`);
});

test.run();
