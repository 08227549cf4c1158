import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, EnvironmentError, InterruptedError } from '../../../../src/diagnostics/errors.js';
import type { Artifacts } from '../../../../src/formats/artifact.js';
import type { RunEvent } from '../../../../src/run/events.js';
import { OtherDeviceError, WorkerLostError } from '../../../../src/run/executors/executor.js';
import { stepStore } from '../../../../src/run/schedule/step-store.js';
import type { Step } from '../../../../src/steps/step.js';
import { DamagedObjectError } from '../../../../src/store/object-store.js';
import { Store } from '../../../../src/store/store.js';
import type { Job } from '../../../../src/worker/protocol.js';
import { artifact, MemoryStore, make, situationOf } from '../../plan/memory-store.js';
import { shortTiming, temporaryFolder } from '../../store/temporary-store.js';
import { twoHosts } from '../../store/two-hosts.js';
import { FakeExecutor, FakeStepStore, runSteps, schedulerOf } from './fakes.js';

const told = (events: readonly RunEvent[], type: RunEvent['type']) =>
  events.flatMap((event) => (event.type === type && 'step' in event ? [event.step] : []));
const diamond = [
  make('a', ['source']),
  make('left', ['a'], { side: 'left' }),
  make('right', ['a'], { side: 'right' }),
  make('end', ['left', 'right']),
];

const anAction = {
  kind: 'make',
  revision: 1,
  params: {},
  inputs: {},
  workflow: 'test',
  started: '2026-01-01T00:00:00Z',
  seconds: 1,
  versions: {},
};

test('steps run in plan order, each after its inputs, and are cached the next time', async () => {
  const memory = new MemoryStore();
  const first = await runSteps(diamond, { memory });
  assert.equal(first.executed, ['a', 'left', 'right', 'end']);
  assert.equal(told(first.events, 'step-finished'), ['a', 'left', 'right', 'end']);
  assert.is(first.store.removedScratch.length, 4);
  const second = await runSteps(diamond, { memory });
  assert.equal(second.executed, []);
  assert.equal(told(second.events, 'step-cached'), ['a', 'left', 'right', 'end']);
});

test('as many steps run at once as the executor has slots', async () => {
  const wide = Array.from({ length: 6 }, (_, index) => make(`s${index}`, ['source'], { index }));
  const executor = new FakeExecutor(() => new Promise((resume) => setTimeout(() => resume(undefined), 2)), 3);
  await runSteps(wide, { executor });
  assert.is(executor.mostInWork, 3);
  assert.is(executor.executed.length, 6);
});

test('an input that came out as before stops the invalidation there', async () => {
  const memory = new MemoryStore();
  await runSteps(diamond, { memory, executor: new FakeExecutor(({ step }) => (step === 'a' ? 'same' : undefined)) });
  const changed = [make('a', ['source'], { changed: true }), ...diamond.slice(1)];
  const executor = new FakeExecutor(({ step }) => (step === 'a' ? 'same' : undefined));
  const run = await runSteps(changed, { memory, executor });
  assert.equal(run.executed, ['a']);
  assert.equal(run.states, { a: 'ran', left: 'cached', right: 'cached', end: 'cached' });
});

test('steps with the same key run once, also while the first is still in work', async () => {
  const twins = [make('a', ['source']), make('b', ['source']), make('c', ['source']), make('end', ['a', 'b', 'c'])];
  for (const slots of [1, 3]) {
    const run = await runSteps(twins, { executor: new FakeExecutor(undefined, slots) });
    assert.equal(run.executed, ['a', 'end']);
    assert.equal(run.states, { a: 'ran', b: 'cached', c: 'cached', end: 'ran' });
  }
});

test('a step that fails skips what depends on it and, unless told to go on, everything else', async () => {
  const steps = [...diamond, make('apart', ['source'], { apart: true })];
  const executor = () =>
    new FakeExecutor(({ step }) => {
      if (step === 'left') throw new DataError('tensor x holds NaN', { hint: 'Mend it.' });
      return undefined;
    });
  const stopped = await runSteps(steps, { executor: executor() });
  assert.equal(stopped.executed, ['a', 'left']);
  assert.equal(stopped.states, { a: 'ran', left: 'failed', right: 'skipped', end: 'skipped', apart: 'skipped' });
  const failure = stopped.events.find((event) => event.type === 'step-failed');
  assert.equal(failure, {
    type: 'step-failed',
    step: 'left',
    group: 'make',
    message: 'tensor x holds NaN',
    hint: 'Mend it.',
  });
  const because = stopped.events.flatMap((event) => (event.type === 'step-skipped' ? [event.because] : []));
  assert.equal(because, ['left failed', 'not started after left failed', 'not started after left failed']);

  const goingOn = await runSteps(steps, { executor: executor(), keepGoing: true });
  assert.equal(goingOn.executed, ['a', 'left', 'right', 'apart']);
  assert.equal(goingOn.states, { a: 'ran', left: 'failed', right: 'ran', end: 'skipped', apart: 'ran' });
});

test('an error that no step should raise is told as a bug with its stack', async () => {
  const executor = new FakeExecutor(() => {
    throw new TypeError('undefined is not a function');
  });
  const { events } = await runSteps([make('a', ['source'])], { executor });
  const failure = events.find((event) => event.type === 'step-failed') as Extract<RunEvent, { type: 'step-failed' }>;
  assert.match(failure.message, /TypeError: undefined is not a function\n\s+at /);
  assert.match(failure.hint!, 'bug of runflow');
});

test('a failure is told and kept without secrets', async () => {
  const executor = new FakeExecutor(() => {
    throw new DataError('row 1 is "hush"', { hint: 'Not hush.' });
  });
  const { events, tasks } = await runSteps([make('a', ['source'])], { executor });
  const failure = events.find((event) => event.type === 'step-failed') as Extract<RunEvent, { type: 'step-failed' }>;
  assert.equal([failure.message, failure.hint], ['row 1 is "[SECRET]"', 'Not [SECRET].']);
  assert.is(tasks[0]!.problem, failure.message);
});

test('trouble with the machine stops the run even when told to go on', async () => {
  const executor = new FakeExecutor(() => {
    throw new EnvironmentError('the disk is full');
  });
  const steps = [make('a', ['source']), make('b', ['source'], { b: 1 })];
  const run = await runSteps(steps, { executor, keepGoing: true });
  assert.equal(run.executed, ['a']);
  assert.ok(run.environmentFailed);
});

test('a step whose worker was lost is tried again, as often as allowed', async () => {
  let crashes = 1;
  const crash = () => {
    if (crashes-- > 0) throw new WorkerLostError('the worker process ended unexpectedly (SIGSEGV)');
    return undefined;
  };
  const saved = await runSteps([make('a', ['source'])], { executor: new FakeExecutor(crash) });
  assert.equal(saved.executed, ['a', 'a']);
  assert.is(saved.states.a, 'ran');
  const attempts = saved.events.flatMap((event) => (event.type === 'step-started' ? [event.attempt] : []));
  assert.equal(attempts, [1, 2]);

  crashes = 5;
  const lost = await runSteps([make('a', ['source'])], { executor: new FakeExecutor(crash), retries: 2 });
  assert.equal(lost.executed, ['a', 'a', 'a']);
  assert.is(lost.states.a, 'failed');

  crashes = 5;
  const notTried = await runSteps([make('a', ['source'])], { executor: new FakeExecutor(crash), retries: 0 });
  assert.equal(notTried.executed, ['a']);
});

test('a forced step runs once though it is cached, and its twins take its result', async () => {
  const memory = new MemoryStore();
  const steps = [make('a', ['source']), make('twin', ['source']), make('end', ['a', 'twin'])];
  await runSteps(steps, { memory });
  const run = await runSteps(steps, { memory, situation: { forced: (id) => id !== 'end' } });
  assert.equal(run.executed, ['a']);
  assert.equal(run.states, { a: 'ran', twin: 'cached', end: 'cached' });
});

test('a step that another run works on is waited for and not run twice; other steps go first', async () => {
  const memory = new MemoryStore();
  const steps = [make('a', ['source']), make('b', ['source'], { b: 1 })];
  const { tasks } = await runSteps(steps, { memory });
  assert.is(tasks.length, 2);
  const [actionOfA] = [...memory.actions.values()].filter(({ step }) => step === 'a');
  const fresh = new MemoryStore();
  const store = new FakeStepStore(fresh);
  store.others.set(actionOfA!.key, () => fresh.record(actionOfA!));
  const run = await runSteps(steps, { store });
  assert.equal(run.executed, ['b']);
  assert.equal(run.states, { a: 'cached', b: 'ran' });
  assert.equal(
    run.events.filter(({ type }) => type === 'step-waiting'),
    [{ type: 'step-waiting', step: 'a', group: 'make', process: 7, host: 'h', run: 'r7', workflow: 'other' }],
  );

  const givenUp = new FakeStepStore(new MemoryStore());
  givenUp.others.set(actionOfA!.key, undefined);
  const second = await runSteps(steps, { store: givenUp });
  assert.equal(second.executed, ['b', 'a']);
});

for (const how of ['stops when it is told', 'has done the step by then', 'fails of it'] as const) {
  test(`a step that another run has taken over counts as its: this one ${how}, and takes its result`, async () => {
    const memory = new MemoryStore();
    const store = new FakeStepStore(memory);
    const executor = new FakeExecutor(async ({ step, key }, signal) => {
      if (step !== 'a') return undefined;
      const theirs = { ...anAction, key, step: 'a', outputs: { out: artifact('theirs') }, host: 'node-1' };
      store.lose(key, () => memory.record(theirs));
      assert.ok(signal.aborted);
      if (how === 'stops when it is told') throw new InterruptedError('stopped');
      if (how === 'fails of it') throw new EnvironmentError('ENOENT: its folder is gone');
      return 'ours';
    });
    const run = await runSteps(diamond, { store, executor });
    assert.equal(run.executed, ['a', 'left', 'right', 'end']);
    assert.equal(run.states, { a: 'cached', left: 'ran', right: 'ran', end: 'ran' });
    assert.equal(run.outputs.get('a'), { out: artifact('theirs') });
    assert.equal(told(run.events, 'step-failed'), []);
    assert.match(JSON.stringify(run.events.find(({ type }) => type === 'warning')), 'another run has taken it over');
    assert.is(store.removedScratch.length, 3, 'that of a lost step is not its own any more');
  });
}

test('a step that another run took over and gave up is done by this one', async () => {
  const store = new FakeStepStore(new MemoryStore());
  let losses = 0;
  const executor = new FakeExecutor(({ key }) => {
    losses += 1;
    if (losses === 1) store.lose(key, undefined);
    return undefined;
  });
  const run = await runSteps([make('a', ['source'])], { store, executor, retries: 0 });
  assert.equal(run.executed, ['a', 'a']);
  assert.is(run.states.a, 'ran');
});

for (const forced of [false, true]) {
  test(`other outputs than those of a record with the same key are told, and ${forced ? 'replace' : 'give way to'} them`, async () => {
    const memory = new MemoryStore();
    const executor = new FakeExecutor(({ key }) => {
      const theirs = { ...anAction, key, step: 'a', outputs: { out: artifact('theirs') }, host: 'node-1' };
      memory.record(theirs);
      return 'ours';
    });
    const run = await runSteps([make('a', ['source'])], { memory, executor, situation: { forced: () => forced } });
    assert.is(run.states.a, 'ran');
    assert.equal(run.outputs.get('a'), { out: artifact(forced ? 'ours' : 'theirs') });
    assert.equal([...memory.actions.values()][0]!.outputs, run.outputs.get('a'));
    const [warning] = run.events.filter((event) => event.type === 'warning');
    assert.match(
      warning!.message,
      'a: what node-2 made differs from the record of node-1 of 2026-01-01T00:00:00Z with the same key: out',
    );
    assert.match(warning!.hint!, forced ? 'take the place' : 'stays and is used');
  });
}

test('waiting for many other runs at a time is nothing to be warned of', async () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.message);
  process.on('warning', listen);
  const steps = Array.from({ length: 30 }, (_, index) => make(`s${index}`, ['source'], { index }));
  const before = new MemoryStore();
  await runSteps(steps, { memory: before });
  const folder = temporaryFolder();
  const [holder, waiter] = [Store.open(folder), Store.open(folder, { timing: shortTiming })];
  const run = await waiter.runs.begin({ name: 'w', file: 'w.yaml' });
  const theirs = await Promise.all([...before.actions.keys()].map((key) => holder.claim(key)));
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const memory = new MemoryStore();
  const situation = situationOf(memory);
  await schedulerOf(steps, { situation, store: stepStore(waiter, run), signal: stop.signal }).run();
  for (const claim of theirs) if ('lock' in claim) await claim.lock.release();
  await run.finish('interrupted');
  process.off('warning', listen);
  assert.equal(warnings, []);
});

test('of two hosts the one that was silent stops as lost, and both come to the result of the other', async () => {
  const { near, far, pass } = await twoHosts();
  const steps = [make('a', ['source']), make('b', ['a'])];
  const done: string[] = [];
  const runOn = async ({ store }: typeof near, name: string, meanwhile?: () => Promise<unknown>) => {
    const run = await store.runs.begin({ name: 'w', file: 'w.yaml' });
    const situation = situationOf(new MemoryStore(), { lookUp: (key) => store.lookUp(key) });
    const execute = async ({ step }: Job) => {
      if (step === 'a') await meanwhile?.();
      done.push(`${step} by ${name}`);
      return { out: await store.objects.put(`${step} by ${name}`) };
    };
    const executor = { slots: 1, execute, kill: () => {}, close: async () => {} };
    const { outputs } = await schedulerOf(steps, { situation, store: stepStore(store, run), executor }).run();
    await run.finish('done');
    return outputs;
  };
  let other: ReadonlyMap<string, Artifacts> | undefined;
  const ours = await runOn(near, 'near', async () => {
    assert.is(far.store.locks.held().length, 1);
    pass(121_000);
    other = await runOn(far, 'far');
  });
  assert.equal(done, ['a by far', 'b by far', 'a by near']);
  assert.equal(ours, other);
  assert.equal(far.store.locks.held(), []);
});

test('what another run has done meanwhile is taken without its lock', async () => {
  const steps = [make('a', ['source']), make('b', ['source'], { b: 1 })];
  const before = new MemoryStore();
  await runSteps(steps, { memory: before });
  const ofB = [...before.actions.values()].find(({ step }) => step === 'b')!;
  const memory = new MemoryStore();
  const executor = new FakeExecutor(() => {
    memory.record(ofB);
    return undefined;
  });
  const run = await runSteps(steps, { memory, executor });
  assert.equal(run.states, { a: 'ran', b: 'cached' });
  assert.is(run.store.asked.length, 1);
});

test('a damaged input is made again and the step has another go', async () => {
  const memory = new MemoryStore();
  await runSteps(diamond.slice(0, 1), { memory });
  let damaged = true;
  const executor = new FakeExecutor(({ step }) => {
    if (step !== 'a' && damaged) {
      damaged = false;
      memory.objects.delete(artifact('a').digest);
      throw new DataError('object of a is damaged');
    }
    return undefined;
  });
  const run = await runSteps(diamond, { memory, executor });
  assert.equal(run.executed, ['left', 'a', 'left', 'right', 'end']);
  assert.equal(run.states, { a: 'ran', left: 'ran', right: 'ran', end: 'ran' });
  assert.match(JSON.stringify(run.events.find(({ type }) => type === 'warning')), 'object of a is damaged');
});

test('an input that is damaged again and again fails the step instead of looping', async () => {
  const memory = new MemoryStore();
  const executor = new FakeExecutor(({ step }) => {
    if (step === 'a') return undefined;
    memory.objects.delete(artifact('a').digest);
    throw new DataError('object of a is damaged');
  });
  const run = await runSteps(diamond.slice(0, 2), { memory, executor });
  assert.equal(run.executed, ['a', 'left', 'a', 'left', 'a', 'left']);
  assert.is(run.states.left, 'failed');
});

test('a key that becomes known in the run is asked for at the remote store before its step runs', async () => {
  const elsewhere = new MemoryStore();
  await runSteps(diamond, { memory: elsewhere });
  const store = new FakeStepStore(new MemoryStore());
  for (const action of elsewhere.actions.values()) if (action.step !== 'a') store.remote.set(action.key, action);
  const run = await runSteps(diamond, { store });
  assert.equal(run.executed, ['a']);
  assert.equal(run.states, { a: 'ran', left: 'cached', right: 'cached', end: 'cached' });

  const forced = new FakeStepStore(new MemoryStore());
  for (const action of elsewhere.actions.values()) forced.remote.set(action.key, action);
  const again = await runSteps(diamond.slice(0, 1), { store: forced, situation: { forced: () => true } });
  assert.equal(again.executed, ['a'], 'a forced step runs whatever is there');
});

test('inputs are brought before a step, and made again where the remote store has lost them', async () => {
  const memory = new MemoryStore();
  await runSteps(diamond.slice(0, 1), { memory });
  const store = new FakeStepStore(memory);
  const bring = store.bring.bind(store);
  let lost = true;
  store.bring = async (artifacts) => {
    await bring(artifacts);
    if (!lost || artifacts.every(({ digest }) => digest !== artifact('a').digest)) return;
    lost = false;
    memory.objects.delete(artifact('a').digest);
    throw new DamagedObjectError(artifact('a').digest, 'is not here');
  };
  const run = await runSteps(diamond.slice(0, 2), { store });
  assert.equal(run.executed, ['a', 'left']);
  assert.equal(run.states, { a: 'ran', left: 'ran' });
  assert.equal(
    store.broughtFor,
    [artifact('a'), artifact('source'), artifact('a')].map(({ digest }) => digest),
  );
});

test('an interruption stops the step in work, starts nothing more and fails nothing', async () => {
  const stop = new AbortController();
  const executor = new FakeExecutor(({ step }, signal) => {
    if (step !== 'left') return undefined;
    setTimeout(() => stop.abort(), 1);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new InterruptedError('stopped'))));
  });
  const run = await runSteps(diamond, { executor, signal: stop.signal });
  assert.equal(run.executed, ['a', 'left']);
  assert.equal(run.states, { a: 'ran', left: 'interrupted', right: 'ready', end: 'waiting' });
  assert.equal(told(run.events, 'step-failed'), []);
  assert.equal(told(run.events, 'step-skipped'), []);
});

test('a run that is interrupted before it starts does nothing', async () => {
  const run = await runSteps(diamond, { signal: AbortSignal.abort() });
  assert.equal(run.executed, []);
});

test('a device other than planned for ends the round without a failure', async () => {
  const executor = new FakeExecutor(() => {
    throw new OtherDeviceError('vulkan/a', 'vulkan/b');
  });
  const run = await runSteps(diamond, { executor });
  assert.is(run.otherDevice, 'vulkan/b');
  assert.equal(told(run.events, 'step-failed'), []);
});

test('what an earlier round of the run told is not told twice', async () => {
  const memory = new MemoryStore();
  await runSteps(diamond, { memory });
  const run = await runSteps(diamond, { memory, reported: new Set(['a', 'left']) });
  assert.equal(told(run.events, 'step-cached'), ['right', 'end']);
});

test('a chain of 100,000 steps, the first of which came out as before, settles without overflowing the stack', async () => {
  const steps: Step[] = [];
  for (let index = 0; index < 100_000; index++)
    steps.push(make(`s${index}`, [index === 0 ? 'source' : `s${index - 1}`]));
  const memory = new MemoryStore();
  const outputs = { out: artifact('same') };
  const provenance = { workflow: 'test', step: '', started: '', seconds: 0, versions: {} };
  const hit = { kind: 'make', revision: 1, params: {}, inputs: {}, outputs, ...provenance };
  memory.objects.add(outputs.out.digest);
  const lookUp = memory.lookUp.bind(memory);
  let first = true;
  const run = await runSteps(steps, {
    memory,
    executor: new FakeExecutor(() => 'same'),
    situation: {
      lookUp: (key, step) => {
        if (step !== 's0') return { status: 'hit', action: { key, ...hit } };
        const found = first ? ({ status: 'absent' } as const) : lookUp(key);
        first = false;
        return found;
      },
    },
  });
  assert.equal(run.executed, ['s0']);
  assert.is(run.states.s99999, 'cached');
});

test.run();
