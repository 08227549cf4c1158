import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cellFolder, resultsName } from '../../../../src/run/results/name.js';
import { appliedSettings } from '../../../../src/workflow/applied-settings.js';
import type { AppliedSettings } from '../../../../src/workflow/workflow.js';

const nameOf = (name: string, applied: AppliedSettings) => resultsName({ name, applied, axes: [] });
const asWritten = { profile: undefined, semantics: undefined };

test('the workflow as written has its own name', () => {
  assert.is(nameOf('exp3', { set: [] }), 'exp3');
  const own = { profile: 'toy', semantics: 'reference' } as const;
  assert.is(nameOf('exp3', appliedSettings({ profile: 'toy', semantics: 'reference' }, own)), 'exp3');
  assert.is(nameOf('exp3', appliedSettings({ semantics: 'paper' }, asWritten)), 'exp3');
});

test('the profile comes first, settings follow in order, what no file name should have is a line', () => {
  const applied = { profile: 'qwen2.5-1.5b', set: ['seed=3', 'params.lr=1e-4'], semantics: 'reference' } as const;
  assert.is(nameOf('exp3', applied), 'exp3@qwen2.5-1.5b,params.lr=1e-4,seed=3,semantics=reference');
  assert.is(nameOf('exp3', { set: ['params.root=../a b=ü😀'] }), 'exp3@params.root=.._a_b___');
});

test('a setting that a later one replaces whole does not count', () => {
  const settled = (...set: string[]) => nameOf('w', appliedSettings({ set }, asWritten));
  assert.is(settled('a.b=1', 'a.b=2'), 'w@a.b=2');
  assert.is(settled('a.b=1', 'a={}'), 'w@a=__');
  assert.is(settled('a={}', 'a.b=1'), 'w@a.b=1,a=__');
  assert.is(settled('b=1', 'a=2'), settled('a=2', 'b=1'));
});

test('a name over 100 bytes is cut and closed by digits of the whole', () => {
  const long = (end: string) => nameOf('w', { set: [`params.text=${'x'.repeat(200)}${end}`] });
  assert.is(long('a').length, 100);
  assert.match(long('a'), /^w@params\.text=x+[0-9a-f]{8}$/);
  assert.is.not(long('a'), long('b'));
  const fits = `params.text=${'x'.repeat(100 - 'w@params.text='.length)}`;
  assert.is(nameOf('w', { set: [fits] }), `w@${fits}`);
});

test('a matrix has one folder whatever its cells are, and a folder of its own for each of them', () => {
  const axes = [{ path: 'seed', name: 'seed' }];
  assert.is(resultsName({ name: 'w', applied: { set: [] }, axes }), 'w@matrix');
  assert.is(resultsName({ name: 'w', applied: { profile: 'p', set: ['a.b=1'] }, axes }), 'w@matrix,p,a.b=1');
  assert.is(cellFolder('profile=a,seed=1'), 'cells/profile=a,seed=1');
  const long = 'x'.repeat(150);
  assert.is(cellFolder(`a=${long}1`).length, 'cells/'.length + 100);
  assert.is.not(cellFolder(`a=${long}1`), cellFolder(`a=${long}2`));
});

test.run();
