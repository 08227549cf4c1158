import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Explainer } from '../../../src/plan/explain.js';
import { reasonText } from '../../../src/plan/explain-text.js';
import { resolve, type Situation } from '../../../src/plan/resolve.js';
import type { Step } from '../../../src/steps/step.js';
import { artifact, declaration, doAll, MemoryStore, make, situationOf } from './memory-store.js';

function reasons(steps: readonly Step[], store: MemoryStore, situation: Situation): Record<string, string> {
  const explainer = new Explainer(steps, resolve(steps, situation), situation.declarations, store.previous);
  return Object.fromEntries(steps.map(({ id }) => [id, reasonText(explainer.explain(id))]));
}
function done(steps: readonly Step[]): MemoryStore {
  const store = new MemoryStore();
  doAll(steps, store, situationOf(store));
  return store;
}
const short = (text: string) => artifact(text).digest.slice(0, 15);
const chain = [make('a', ['source'], { lr: 1e-5, list: [1, 2] }), make('b', ['a']), make('c', ['b'])];

test('a step that was never done is new, and so is what depends on it', () => {
  const store = new MemoryStore();
  assert.equal(reasons(chain, store, situationOf(store)), {
    a: 'new: never done in this workflow',
    b: 'new: never done in this workflow',
    c: 'new: never done in this workflow',
  });
});

test('a cached step is unchanged', () => {
  const store = done(chain);
  assert.is(reasons(chain, store, situationOf(store)).c, 'unchanged');
});

test('a changed parameter is named, old and new, also for what it leads to', () => {
  const store = done(chain);
  const steps = [make('a', ['source'], { lr: 1e-4, list: [1, 2, 3] }), ...chain.slice(1)];
  const change = 'parameter lr: 0.00001 → 0.0001; parameter list: [1,2] → [1,2,3]';
  assert.equal(reasons(steps, store, situationOf(store)), {
    a: change,
    b: `input: a runs first: ${change}`,
    c: `input: b, from a runs first: ${change}`,
  });
});

test('parameters are compared deep inside, and what came or went is said', () => {
  const store = done([make('a', [], { rows: [{ name: 'x', fractions: [0.1] }], old: true })]);
  const steps = [make('a', [], { rows: [{ name: 'x', fractions: [0.1, 0.2] }, { name: 'y' }] })];
  assert.is(
    reasons(steps, store, situationOf(store)).a,
    'parameter rows[0].fractions: [0.1] → [0.1,0.2]; parameter rows[1]: absent → {"name":"y"}; parameter old: true → absent',
  );
});

test('more changes than fit a line are counted', () => {
  const params = (value: number) => ({ a: value, b: value, c: value, d: value, e: value });
  const store = done([make('a', [], params(1))]);
  assert.match(reasons([make('a', [], params(2))], store, situationOf(store)).a!, /c: 1 → 2; and 2 more$/);
});

test('a changed input is named with where it comes from and both digests', () => {
  const store = done(chain);
  const situation = situationOf(store, { sources: new Map([['source', { out: artifact('new') }]]) });
  assert.is(
    reasons(chain, store, situation).a,
    `input in0: out of source changed (${short('source')} → ${short('new')})`,
  );
});

test('a program of the user is told by its files, and by what it was called with', () => {
  const program = (run: readonly string[], version: string) => {
    return { ...make('a', [], { program: { run, version } }), inputs: { program: { node: 'source[x]', output: '*' } } };
  };
  const files = (...texts: readonly (readonly [name: string, text: string])[]) =>
    new Map([['source[x]', Object.fromEntries(texts.map(([name, text]) => [`file/${name}`, artifact(text)]))]]);
  const store = new MemoryStore();
  const before = files(['score.py', '1'], ['lib/old.py', '1'], ['lib/same.py', '1']);
  doAll([program(['python3', 'score.py'], '3.10')], store, situationOf(store, { sources: before }));
  const reasonWith = (step: Step, sources: ReturnType<typeof files>) =>
    reasons([step], store, situationOf(store, { sources })).a!;
  const after = files(['score.py', '2'], ['lib/new.py', '1'], ['lib/same.py', '1']);
  assert.is(
    reasonWith(program(['python3', 'score.py'], '3.10'), after),
    'program: lib/new.py new, lib/old.py gone, score.py changed',
  );
  assert.is(
    reasonWith(program(['python3', 'score.py', '-v'], '3.11'), before),
    'parameter program.run: ["python3","score.py"] → ["python3","score.py","-v"]; parameter program.version: "3.10" → "3.11"',
  );
  // A record of an earlier version does not have the files.
  for (const [key, action] of store.actions) {
    const { files: _, ...input } = action.inputs.program!;
    store.actions.set(key, { ...action, inputs: { program: input } });
  }
  assert.match(
    reasonWith(program(['python3', 'score.py'], '3.10'), after),
    /^input program: \* of source\[x\] changed \(sha256/,
  );
});

test('an input made by a step that has already run again is followed to what made it differ', () => {
  const store = done(chain);
  const situation = situationOf(store, { sources: new Map([['source', { out: artifact('new') }]]) });
  doAll(chain.slice(0, 2), store, situation, (step) => `new ${step.id}`);
  assert.is(
    reasons(chain, store, situation).c,
    `input in0: out of b, from a, from source changed (${short('b')} → ${short('new b')})`,
  );
});

test('revision, device, force and a missing object are reasons of their own', () => {
  const steps = [make('gpu', ['source'], {}, 'device')];
  const store = done(steps);
  const why = (changes: Partial<Situation>) => reasons(steps, store, situationOf(store, changes)).gpu;
  assert.is(why({ deviceClass: 'metal/test' }), 'device: vulkan/test → metal/test');
  assert.is(why({ declarations: { device: declaration('device', 2, true) } }), 'revision: 1 → 2');
  assert.is(why({ forced: () => true }), 'forced');
  store.objects.clear();
  assert.is(why({}), `missing object: output out (${short('gpu')}) is not in the store`);
});

test('a step whose last record is gone says so', () => {
  const store = new MemoryStore();
  const steps = [make('a', ['source'])];
  doAll(steps, store, situationOf(store));
  const [action] = store.actions.values();
  const explainer = new Explainer(
    steps,
    resolve(steps, situationOf(new MemoryStore())),
    situationOf(store).declarations,
    () => action,
  );
  assert.is(reasonText(explainer.explain('a')), 'the record of its last result is no longer in the store');
});

test('the middle of a long chain is left out of the line, not of the full text', () => {
  const long = Array.from({ length: 6 }, (_, index) => make(`s${index}`, [index === 0 ? 'source' : `s${index - 1}`]));
  const store = done(long);
  const situation = situationOf(store, { forced: (id) => id === 's0' });
  assert.is(reasons(long, store, situation).s5, 'input: s4, from 3 more steps, from s0 runs first: forced');
  const explainer = new Explainer(long, resolve(long, situation), situation.declarations, store.previous);
  assert.match(reasonText(explainer.explain('s5'), { all: true }), 's4, from s3, from s2, from s1, from s0 runs first');
});

test('the last of 100,000 waiting steps is explained without overflowing the stack', () => {
  const steps: Step[] = [];
  for (let index = 0; index < 100_000; index++)
    steps.push(make(`s${index}`, [index === 0 ? 'source' : `s${index - 1}`]));
  const store = new MemoryStore();
  const situation = situationOf(store);
  const explainer = new Explainer(steps, resolve(steps, situation), situation.declarations, (step) =>
    step === 's0' ? undefined : { ...action, step },
  );
  assert.match(reasonText(explainer.explain('s99999')), /from s0 runs first: new/);
});
const action = {
  key: artifact('key').digest,
  kind: 'make',
  revision: 1,
  params: {},
  inputs: {},
  outputs: {},
  workflow: 'w',
  step: '',
  started: '',
  seconds: 0,
  versions: {},
};

test.run();
