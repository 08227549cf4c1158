import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runflowVersion } from '../../../../src/diagnostics/version.js';
import { EventBus } from '../../../../src/run/events.js';
import { EventLogReader, EventLogWriter } from '../../../../src/run/joint/event-log.js';
import { JointRun } from '../../../../src/run/joint/joint-run.js';
import { asRead, type Submission, submittedStudy } from '../../../../src/run/joint/submission.js';
import { usualTiming } from '../../../../src/run/joint/timing.js';
import { RunnerWatch } from '../../../../src/run/joint/watch-runners.js';
import type { Queue, QueueState } from '../../../../src/run/queues/queue.js';
import type { ProcessIdentity } from '../../../../src/store/process-identity.js';
import { Store } from '../../../../src/store/store.js';
import { loadStudy } from '../../../../src/workflow/load.js';
import { smallWorkflow } from '../../../small-workflow.js';
import { keyOf } from '../../store/temporary-store.js';

const test = suite<{ folder: string; store: Store; joint: JointRun; clock: { now: number } }>('files of a joint run');
test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-joint-'));
  context.clock = { now: 1000 };
  context.store = Store.open(join(context.folder, 'store'), { clock: () => context.clock.now });
  const run = await context.store.runs.begin({ name: 'small', file: '/small.yaml', joint: true });
  run.leave();
  context.joint = new JointRun(context.store, run.record.id);
  await context.joint.submit({} as Submission);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('of several that submit at a time each gets a number of its own', async ({ joint, store }) => {
  const others = [joint, new JointRun(store, joint.id), new JointRun(store, joint.id)];
  const claimed = await Promise.all(others.map((one) => one.claimAttempt({ count: 1 })));
  assert.equal(claimed.map(({ attempt }) => attempt).sort(), [1, 2, 3]);
  for (const { attempt, jobName } of claimed) {
    assert.is(jobName, `runflow-${joint.id}-${attempt}`);
    assert.is(joint.intent(attempt)!.jobName, jobName);
  }
});

test('the first device names the class for all', async ({ joint, store }) => {
  const first = await joint.nameDevice({ deviceClass: 'a', description: 'A' });
  const second = await new JointRun(store, joint.id).nameDevice({ deviceClass: 'b', description: 'B' });
  assert.equal([first.deviceClass, second.deviceClass], ['a', 'a']);
});

test('failures are listed once for many steps, and anew when a runner has a lock in hand', async ({ joint, store }) => {
  const calls = { list: 0, read: 0 };
  for (const name of ['list', 'read'] as const) {
    const call = joint.folder[name].bind(joint.folder) as (...names: readonly string[]) => unknown;
    Object.assign(joint.folder, {
      [name]: (...names: readonly string[]) => {
        calls[name] += 1;
        return call(...names);
      },
    });
  }
  for (let step = 0; step < 50; step++) assert.is(joint.failureOf(keyOf(`${step}`)), undefined);
  assert.equal(calls, { list: 1, read: 0 });
  const failure = { step: 'bad', host: 'node-2', message: 'NaN' };
  await new JointRun(store, joint.id).addFailure(keyOf('7'), failure);
  await joint.refreshSteps();
  assert.equal(joint.failureOf(keyOf('7')), failure);
  assert.is(joint.failureOf(keyOf('8')), undefined);
  await joint.addFailure(keyOf('8'), failure);
  assert.equal(joint.failureOf(keyOf('8')), failure);
});

const elsewhere: ProcessIdentity = { host: 'another', pid: 1, start: '' };
const begun = { host: 'node-1', owner: elsewhere, started: '', network: false, device: null };

/** A queue that says what it is told to; undefined: it does not answer. */
function queueOf(answer: () => ReadonlyMap<number, QueueState> | undefined): Queue {
  return {
    note: undefined,
    submit: async () => 'job',
    cancel: async () => undefined,
    poll: async (names) => {
      const states = answer();
      return states && new Map(names.map((name) => [name, states]));
    },
  };
}

test('a runner is lost when the queue does not name it and it was silent for long', async ({ joint, store, clock }) => {
  await joint.claimAttempt({ count: 3 });
  await joint.begin({ attempt: 1, index: 0 }, begun);
  await joint.begin({ attempt: 1, index: 1 }, begun);
  await joint.leave({ attempt: 1, index: 1 }, { how: 'done', exitCode: 0 });
  let states: ReadonlyMap<number, QueueState> | undefined = new Map([
    [0, 'running'],
    [2, 'pending'],
  ]);
  const timing = { ...usualTiming, pollSeconds: 0, lostSeconds: 10 };
  const watch = new RunnerWatch({ joint, store, queue: queueOf(() => states), timing, now: () => clock.now });
  const look = async (seconds: number) => {
    clock.now += seconds * 1000;
    return (await watch.look()).map(({ state }) => state);
  };
  assert.equal(await look(0), ['working', 'left', 'waiting']);
  assert.equal(await look(11), ['working', 'left', 'waiting']);
  states = undefined;
  assert.equal(await look(11), ['working', 'left', 'waiting'], 'a queue that does not answer says nothing');
  states = new Map([[2, 'pending']]);
  assert.equal(await look(1), ['lost', 'left', 'waiting']);
  states = new Map();
  assert.equal(await look(1), ['lost', 'left', 'lost']);
});

test('a runner that gives signs of life is not lost, though the queue has forgotten it', async ({
  joint,
  store,
  clock,
}) => {
  await joint.claimAttempt({ count: 1 });
  const timing = { ...usualTiming, pollSeconds: 0, lostSeconds: 10 };
  const watch = new RunnerWatch({ joint, store, queue: queueOf(() => new Map()), timing, now: () => clock.now });
  for (let beat = 0; beat < 4; beat++) {
    await joint.begin({ attempt: 1, index: 0 }, { ...begun, started: `${beat}` });
    clock.now += 8000;
    assert.is((await watch.look())[0]!.state, 'working');
  }
});

test('a runner of this host that has died is lost at once', async ({ joint, store, clock }) => {
  await joint.claimAttempt({ count: 1 });
  const dead = { ...store.folder.participant.identity, start: 'before' };
  await joint.begin({ attempt: 1, index: 0 }, { ...begun, owner: dead });
  const queue = queueOf(() => new Map([[0, 'running']]));
  const watch = new RunnerWatch({ joint, store, queue, timing: usualTiming, now: () => clock.now });
  assert.is((await watch.look())[0]!.state, 'lost');
});

test('a submission is read again as it was, whatever becomes of the files', async ({ folder, joint }) => {
  const file = join(folder, 'small.yaml');
  writeFileSync(file, smallWorkflow);
  const options = { set: ['models.useful.norm=0.03'] };
  const loaded = await loadStudy(file, options);
  assert.ok(loaded.ok);
  await joint.submit({ version: runflowVersion(), ...asRead(loaded.value, options, folder) } as Submission);
  writeFileSync(file, 'runflow: 1\n');
  const submission = await joint.submission();
  const study = await submittedStudy(submission);
  assert.equal(study.cells[0]!.workflow.document, loaded.value.cells[0]!.workflow.document);
  assert.equal(study.applied, loaded.value.applied);
  const other = await submittedStudy({ ...submission, version: '0.0.0' }).catch((error: Error) => error.message);
  assert.match(String(other), /submitted by runflow 0\.0\.0/);
});

test('events are read as they come, in whole lines and without secrets', async ({ joint }) => {
  await joint.claimAttempt({ count: 1 });
  const events = new EventBus();
  const log = new EventLogWriter(joint.folder.in('events.jsonl'), events, (text) => text.replaceAll('hunter22', '***'));
  const reader = new EventLogReader(joint.folder, ['events.jsonl']);
  const read = () => [...reader.read()].map(({ event }) => event);
  assert.equal(read(), []);
  events.publish({ type: 'warning', message: 'the key is hunter22' });
  events.publish({ type: 'step-log', step: 'a', line: 'x'.repeat(3_000_000) });
  const [warning, line] = read();
  assert.equal(warning, { type: 'warning', message: 'the key is ***' });
  assert.is(line!.type === 'step-log' && line.line.length, 3_000_000);
  for (let done = 0; done < 100; done++) {
    events.publish({ type: 'step-progress', step: 'a', group: 'g', done, total: 100 });
  }
  log.close();
  assert.is(read().length, 1);
});

test('gc keeps what a joint run needs whose submitting side has gone', async ({ joint, store, clock }) => {
  const record = () => store.runs.get(joint.id)!;
  await store.runs.write({ ...record(), owner: elsewhere });
  const { silenceMilliseconds } = store.folder.participant.timing;
  const isActiveLater = () => {
    store.runs.isActive(record());
    clock.now += 2 * silenceMilliseconds;
    return store.runs.isActive(record());
  };
  assert.not.ok(isActiveLater(), 'nobody was asked for a runner');
  await joint.claimAttempt({ count: 1 });
  assert.ok(isActiveLater(), 'a queue may start one');
  await joint.begin({ attempt: 1, index: 0 }, begun);
  assert.ok(store.runs.isActive(record()), 'one works');
  assert.not.ok(isActiveLater(), 'it is silent');
  const part = store.runs.resume(joint.id, { folder: 'attempts/1/0', file: 'begun.json' });
  part.use(`sha256:${'a'.repeat(64)}`, 'svd[a]');
  part.leave();
  assert.equal(store.runs.keysOf(joint.id), [{ key: `sha256:${'a'.repeat(64)}`, step: 'svd[a]' }]);
});

test.run();
