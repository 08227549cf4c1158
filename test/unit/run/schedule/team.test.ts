import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, EnvironmentError } from '../../../../src/diagnostics/errors.js';
import type { Digest } from '../../../../src/formats/digest.js';
import { DeviceLostError, WorkerLostError } from '../../../../src/run/executors/executor.js';
import type { SharedFailure, Team } from '../../../../src/run/schedule/team.js';
import type { Step } from '../../../../src/steps/step.js';
import { artifact, MemoryStore, make } from '../../plan/memory-store.js';
import { type Behaviour, FakeExecutor, FakeStepStore, type Run, runSteps, teamOf } from './fakes.js';

interface Runner {
  readonly team?: Partial<Team>;
  readonly behaviour?: Behaviour;
  readonly keepGoing?: boolean;
  readonly signal?: AbortSignal;
}

/** Several runners that carry out one plan at a time, over one store. */
async function joint(steps: readonly Step[], runners: readonly Runner[], store = new FakeStepStore(new MemoryStore())) {
  const failures = new Map<Digest, SharedFailure>();
  const runs = await Promise.all(
    runners.map(({ behaviour, team, ...options }) => {
      const executor = new FakeExecutor(behaviour);
      return runSteps(steps, { store, executor, team: teamOf(failures, team), ...options });
    }),
  );
  assert.equal([...store.held], [], 'no lock is left');
  return { runs, failures, executed: runs.flatMap(({ executed }) => executed) };
}

const wait = (milliseconds: number) => new Promise<undefined>((resume) => setTimeout(resume, milliseconds, undefined));
const wide = (count: number) => Array.from({ length: count }, (_, index) => make(`s${index}`, ['source'], { index }));
const failureIn = ({ events }: Run) => events.find((event) => event.type === 'step-failed');

test('runners of a team do each step once, and each comes to the end of the plan', async () => {
  const layer = wide(12);
  const steps = [
    ...layer,
    make(
      'end',
      layer.map(({ id }) => id),
    ),
  ];
  const { runs, executed } = await joint(steps, [{ behaviour: () => wait(1) }, { behaviour: () => wait(2) }, {}]);
  assert.equal([...executed].sort(), steps.map(({ id }) => id).sort());
  for (const { states, left } of runs) {
    assert.not(left);
    assert.ok(Object.values(states).every((state) => state === 'ran' || state === 'cached'));
  }
  for (const { executed: own } of runs) assert.ok(own.length > 0, 'each does a part');
});

test('steps that are not for a runner are never locked there, but watched until others have done them', async () => {
  const steps = [
    make('fetch', ['source'], {}, 'network'),
    make('train', ['fetch'], {}, 'device'),
    make('table', ['train']),
    make('figure', ['table'], { figure: true }),
  ];
  const declared = Object.fromEntries(
    ['network', 'device', 'make'].map((kind) => [
      kind,
      { kind, revision: 1, usesDevice: false, inputs: {}, outputs: {} },
    ]),
  );
  const failures = new Map<Digest, SharedFailure>();
  const store = new FakeStepStore(new MemoryStore());
  const of = (...kinds: string[]) =>
    runSteps(steps, {
      store,
      situation: { declarations: declared },
      executor: new FakeExecutor(() => wait(1)),
      team: teamOf(failures, { takes: ({ kind }) => kinds.includes(kind) }),
    });
  const [network, device, processor] = await Promise.all([of('network'), of('device'), of('make')]);
  assert.equal(
    [network!, device!, processor!].map(({ executed }) => executed),
    [['fetch'], ['train'], ['table', 'figure']],
  );
  assert.is(store.asked.length, 4, 'nobody asks for the locks of others');
  assert.equal(network!.states, { fetch: 'ran', train: 'cached', table: 'cached', figure: 'cached' });
  assert.equal(
    device!.events.filter(({ type }) => type === 'step-waiting'),
    [],
  );
});

test('what others should do is done last, but done where nothing else is left', async () => {
  const steps = [make('table', ['source'], { table: true }), ...wide(3)];
  const { executed } = await joint(steps, [{ team: { leaves: ({ id }) => id === 'table' } }]);
  assert.equal(executed.length, 4);
  assert.is(executed[3], 'table');
});

test('a step that failed in one runner fails in the others, which name the host and do not try it', async () => {
  const steps = [make('bad', ['source']), make('after', ['bad']), ...wide(4)];
  const behaviour: Behaviour = async ({ step }) => {
    await wait(2);
    if (step === 'bad') throw new DataError('row 3 is "hush"', { hint: 'Mend it.' });
    return undefined;
  };
  const runners = [1, 2, 3].map(() => ({ behaviour, keepGoing: true }));
  const { runs, executed, failures } = await joint(steps, runners);
  assert.is(executed.filter((step) => step === 'bad').length, 1);
  assert.is(executed.length, 5);
  for (const run of runs) {
    assert.is(run.states.bad, 'failed');
    assert.is(run.states.after, 'skipped');
  }
  const messages = runs.map(failureIn).map((event) => event?.type === 'step-failed' && [event.message, event.hint]);
  const own = ['row 3 is "[SECRET]"', 'Mend it.'];
  const others = ['it failed on node-2: row 3 is "[SECRET]"', 'Mend it.'];
  assert.equal(messages.sort(), [others, others, own].sort());
  assert.equal([...failures.values()], [{ step: 'bad', host: 'node-2', message: own[0], hint: own[1] }]);
});

test('with the lock in hand a runner sees that a step failed, though its host had not seen it', async () => {
  const { failures } = await joint(
    [make('bad', ['source'])],
    [
      {
        behaviour: () => {
          throw new DataError('NaN');
        },
      },
    ],
  );
  const seen = new Map<Digest, SharedFailure>();
  const team = Object.assign(teamOf(seen), {
    refresh: async () => {
      for (const [key, failure] of failures) seen.set(key, failure);
    },
  });
  const run = await runSteps([make('bad', ['source'])], { team });
  assert.equal([run.executed, run.states.bad], [[], 'failed']);
});

test('who watches a step of others sees it fail', async () => {
  const steps = [make('bad', ['source']), make('after', ['bad'])];
  const behaviour = () => {
    throw new DataError('NaN');
  };
  const { runs } = await joint(steps, [{ behaviour }, { team: { takes: () => false } }]);
  assert.equal(
    runs.map(({ states }) => states),
    [
      { bad: 'failed', after: 'skipped' },
      { bad: 'failed', after: 'skipped' },
    ],
  );
});

test('what a host lacks is no failure of the step: its runner leaves, and others do it', async () => {
  const failing = () => {
    throw new EnvironmentError('no adapter: "hush"', { hint: 'Install one.' });
  };
  const store = new FakeStepStore(new MemoryStore());
  const broken = await joint([make('a', ['source'])], [{ behaviour: failing }], store);
  const [{ environmentFailed, events, fault, states }] = broken.runs as [Run];
  assert.equal([environmentFailed, fault, states.a], [true, 'a: no adapter: "[SECRET]"', 'waiting']);
  assert.equal(
    events.flatMap((event) => (event.type === 'warning' ? [event.hint] : [])),
    ['Install one. This runner leaves the step to others.'],
  );
  assert.is(failureIn(broken.runs[0]!), undefined);
  assert.is(broken.failures.size, 0);
  const { runs } = await joint([make('a', ['source'])], [{}], store);
  assert.is(runs[0]!.states.a, 'ran');
});

/** The part of a team that counts lost workers, for all its runners. */
function losing(others: () => boolean = () => true): Partial<Team> {
  const losses = new Map<Digest, number>();
  const lost = async (key: Digest) => {
    losses.set(key, (losses.get(key) ?? 0) + 1);
    return losses.get(key)!;
  };
  return { lost, othersTake: others };
}

const killed = () => new WorkerLostError('the worker process ended unexpectedly (SIGKILL)');

test('a step that no worker survives is tried as often as in a run alone, by one runner after the other', async () => {
  const steps = [make('bad', ['source']), ...wide(4)];
  const behaviour: Behaviour = async ({ step }) => {
    await wait(2);
    if (step === 'bad') throw killed();
    return undefined;
  };
  const team = losing();
  const runners = [1, 2, 3, 4].map(() => ({ behaviour, team, keepGoing: true }));
  const { runs, executed, failures } = await joint(steps, runners);
  assert.is(executed.filter((step) => step === 'bad').length, 2);
  for (const { executed: own, states } of runs) {
    assert.ok(own.filter((step) => step === 'bad').length <= 1, 'each at most once');
    assert.is(states.bad, 'failed');
  }
  assert.equal([...failures.values()], [{ step: 'bad', host: 'node-2', message: killed().message }]);
});

test('a step whose worker was lost on one host is done by another', async () => {
  const behaviour = () => {
    throw killed();
  };
  const team = losing();
  const other: Behaviour = () => wait(20);
  const runners = [
    { behaviour, team },
    { behaviour: other, team },
  ];
  const { runs, executed, failures } = await joint([make('a', ['source'])], runners);
  assert.equal(executed, ['a', 'a']);
  assert.equal(
    runs.map(({ states }) => states.a),
    ['cached', 'ran'],
  );
  assert.is(failures.size, 0);
});

test('a step that was left to others comes back when none of them is at work any more', async () => {
  let tries = 0;
  let looks = 0;
  const behaviour = () => {
    tries += 1;
    if (tries === 1) throw killed();
    return undefined;
  };
  const { runs } = await joint([make('a', ['source'])], [{ behaviour, team: losing(() => ++looks < 3) }]);
  assert.equal([tries, runs[0]!.states.a], [2, 'ran']);
});

test('a runner whose device is lost time after time leaves, and the others do its steps', async () => {
  const steps = wide(6);
  const behaviour = () => {
    throw new DeviceLostError('The device was lost: it fell off the bus');
  };
  const { runs, failures } = await joint(steps, [
    { behaviour, team: losing() },
    { behaviour: () => wait(5), team: losing(() => false) },
  ]);
  const [broken, healthy] = runs as [Run, Run];
  assert.is(broken.executed.length, 2, 'as often as a step is tried');
  assert.match(broken.fault!, 'The device was lost: it fell off the bus');
  assert.is(failureIn(broken), undefined);
  assert.is(failures.size, 0);
  assert.ok(Object.values(healthy.states).every((state) => state === 'ran'));
});

test('a runner whose device is lost tries again where nobody else could', async () => {
  let losses = 1;
  const behaviour = () => {
    if (losses-- > 0) throw new DeviceLostError('The device was lost');
    return undefined;
  };
  const { runs } = await joint(wide(2), [{ behaviour, team: losing(() => false) }]);
  assert.equal([runs[0]!.executed.length, runs[0]!.fault], [3, undefined]);
});

test('an interruption is told nobody as a failure', async () => {
  const abort = new AbortController();
  const behaviour: Behaviour = async (_job, signal) => {
    abort.abort();
    signal.throwIfAborted();
    return undefined;
  };
  const { runs, failures } = await joint([make('a', ['source'])], [{ behaviour, signal: abort.signal }]);
  assert.is(runs[0]!.states.a, 'interrupted');
  assert.is(failures.size, 0);
});

test('a step that is forced is watched, and waited for, until it is done anew', async () => {
  const steps = [make('a', ['source']), make('b', ['a'])];
  const store = new FakeStepStore(new MemoryStore());
  await joint(steps, [{ behaviour: ({ step }) => `old ${step}` }], store);
  const redone = new Set<string>();
  const record = store.record.bind(store);
  store.record = async (action, options) => {
    const difference = await record(action, options);
    redone.add(action.step);
    return difference;
  };
  const failures = new Map<Digest, SharedFailure>();
  const of = (team: Partial<Team>) =>
    runSteps(steps, {
      store,
      executor: new FakeExecutor(async ({ step }) => {
        await wait(5);
        return `new ${step}`;
      }),
      situation: { forced: (id) => id === 'a' && !redone.has('a') },
      team: teamOf(failures, team),
    });
  const runs = await Promise.all([of({}), of({}), of({ takes: () => false })]);
  assert.equal(runs.flatMap(({ executed }) => executed).sort(), ['a', 'b']);
  for (const { outputs } of runs)
    assert.equal([...outputs.values()].slice(1), [{ out: artifact('new a') }, { out: artifact('new b') }]);
});

test('a runner for which there is nothing to do leaves after a while; what is not done waits', async () => {
  const steps = [make('mine', ['source']), make('theirs', ['mine'], {}, 'device'), make('end', ['theirs'])];
  const team = { takes: ({ kind }: Step) => kind === 'make', idleMilliseconds: 60 };
  const { runs } = await joint(steps, [{ team, behaviour: () => wait(150) }]);
  assert.ok(runs[0]!.left);
  assert.equal(runs[0]!.states, { mine: 'ran', theirs: 'waiting', end: 'waiting' });
});

test('a runner that waits for the lock of another leaves as well', async () => {
  const { runs } = await joint(
    [make('a', ['source'])],
    [{ behaviour: () => wait(200) }, { team: { idleMilliseconds: 30 } }],
  );
  assert.equal(
    runs.map(({ left }) => left),
    [false, true],
  );
  assert.equal(
    runs.map(({ states }) => states.a),
    ['ran', 'waiting'],
  );
});

test('a runner that leaves because it does not reach what others fetched says so', async () => {
  const steps = [make('fetch', ['source']), make('train', ['fetch'])];
  const store = new FakeStepStore(new MemoryStore());
  const lacking = { digest: artifact('x').digest, bytes: 1, at: { file: '/scratch/hf/x', offset: 0 } };
  store.lookUp = () => ({ status: 'missing-object', output: 'file/x', artifact: lacking }) as never;
  const { runs } = await joint(steps, [{ team: { takes: ({ id }) => id !== 'fetch', idleMilliseconds: 60 } }], store);
  assert.ok(runs[0]!.left);
  assert.is(runs[0]!.fault, 'fetch: node-2 does not reach /scratch/hf/x: set HF_HOME to a folder that all hosts share');
  assert.not(runs[0]!.environmentFailed, 'others may still bring it');
});

test('when nothing more is to be started, what is in work is done', async () => {
  const drain = new AbortController();
  const behaviour: Behaviour = async () => {
    drain.abort();
    return wait(5);
  };
  const { runs } = await joint(wide(3), [{ behaviour, team: { drain: drain.signal } }]);
  assert.equal(Object.values(runs[0]!.states).sort(), ['ran', 'ready', 'ready']);
});

test.run();
