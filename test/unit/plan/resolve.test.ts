import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resolve } from '../../../src/plan/resolve.js';
import type { Step } from '../../../src/steps/step.js';
import { artifact, declaration, doAll, MemoryStore, make, situationOf } from './memory-store.js';

const statuses = (outcomes: ReturnType<typeof resolve>) =>
  [...outcomes].map(([id, outcome]) => `${id} ${outcome.status === 'run' ? outcome.why.type : 'cached'}`);
const chain = [make('a', ['source']), make('b', ['a']), make('c', ['b'])];

test('nothing done: the first step has no action, the others wait for it', () => {
  const outcomes = resolve(chain, situationOf(new MemoryStore()));
  assert.equal(statuses(outcomes), ['a no-action', 'b pending', 'c pending']);
});

test('all done: all is cached, whatever wrote it', () => {
  const store = new MemoryStore();
  doAll(chain, store, situationOf(store));
  assert.equal(statuses(resolve(chain, situationOf(store))), ['a cached', 'b cached', 'c cached']);
});

test('a step that ran again and made the same bytes stops the invalidation there', () => {
  const store = new MemoryStore();
  doAll(chain, store, situationOf(store), () => 'same');
  const raised = situationOf(store, { sources: new Map([['source', { out: artifact('changed') }]]) });
  assert.equal(
    doAll(chain, store, raised, () => 'same'),
    ['a'],
  );
  const different = situationOf(store, { sources: new Map([['source', { out: artifact('changed twice') }]]) });
  assert.equal(
    doAll(chain, store, different, (step) => `other ${step.id}`),
    ['a', 'b', 'c'],
  );
});

test('a missing object is named and its step runs again, and what depends on it waits for that', () => {
  const store = new MemoryStore();
  doAll(chain, store, situationOf(store));
  store.objects.delete(artifact('b').digest);
  const outcomes = resolve(chain, situationOf(store));
  assert.equal(statuses(outcomes), ['a cached', 'b missing-object', 'c pending']);
});

test('a forced step runs though it is cached', () => {
  const store = new MemoryStore();
  doAll(chain, store, situationOf(store));
  const outcomes = resolve(chain, situationOf(store, { forced: (id) => id === 'b' }));
  assert.equal(statuses(outcomes), ['a cached', 'b forced', 'c pending']);
});

test('only what did arithmetic on the device depends on the device', () => {
  const steps = [make('host', ['source']), make('gpu', ['source'], {}, 'device')];
  const store = new MemoryStore();
  doAll(steps, store, situationOf(store));
  assert.equal(statuses(resolve(steps, situationOf(store, { deviceClass: 'metal/test' }))), [
    'host cached',
    'gpu no-action',
  ]);
});

test('a raised revision of a kind runs its steps again', () => {
  const store = new MemoryStore();
  doAll(chain, store, situationOf(store));
  const raised = situationOf(store, { declarations: { make: declaration('make', 2) } });
  assert.is(statuses(resolve(chain, raised))[0], 'a no-action');
});

test('a kind that is not in the registry is a bug', () => {
  assert.throws(() => resolve([make('x', [], {}, 'unknown')], situationOf(new MemoryStore())), /no step kind unknown/);
});

test('a chain of 100,000 cached steps resolves without overflowing the stack', () => {
  const steps: Step[] = [];
  for (let index = 0; index < 100_000; index++)
    steps.push(make(`s${index}`, [index === 0 ? 'source' : `s${index - 1}`]));
  const out = { out: artifact('same') };
  const action = { kind: 'make', revision: 1, params: {}, inputs: {}, outputs: out, workflow: 'w', step: 's' };
  const situation = situationOf(new MemoryStore(), {
    lookUp: (key) => ({ status: 'hit', action: { ...action, key, started: '', seconds: 0, versions: {} } }),
  });
  const outcomes = resolve(steps, situation);
  assert.is(outcomes.get('s99999')?.status, 'cached');
});

test.run();
