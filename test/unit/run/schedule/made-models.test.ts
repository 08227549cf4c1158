import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Digest } from '../../../../src/formats/digest.js';
import type { SharedFailure, Team } from '../../../../src/run/schedule/team.js';
import type { Step, StepContract } from '../../../../src/steps/step.js';
import { declaration, MemoryStore, make } from '../../plan/memory-store.js';
import { FakeExecutor, FakeStepStore, runSteps, teamOf } from './fakes.js';

const measure: StepContract = { ...declaration('measure', 1, true), runsModel: true };
const declarations = { make: declaration('make'), measure, device: declaration('device', 1, true) };

/** A step that runs a model which is made of a step's outputs, and takes an input beside it. */
function measured(model: string, metric: string, recipe = 'projected', of = 'source'): Step {
  const params = { metric, model: { kind: recipe, mode: model, side: 'left', ranks: {} } };
  const inputs = { from: { node: of, output: '*' }, rows: { node: 'source', output: 'out' } };
  return { id: `${metric}[${model}]`, kind: 'measure', params, inputs, group: 'measure' };
}

/** The worker of a runner, which keeps the model it made last; adds each that it makes to `made`. */
function worker(made: string[], pause = 1) {
  let held: string | undefined;
  return new FakeExecutor(async ({ kind, params }) => {
    await new Promise((resume) => setTimeout(resume, pause));
    const model = kind === 'measure' ? (params.model as { mode: string }).mode : undefined;
    if (model !== undefined && model !== held) made.push(model);
    if (kind !== 'make') held = model;
    return undefined;
  });
}

async function joint(steps: readonly Step[], runners: number, team: Partial<Team> = {}, pause = 1) {
  const store = new FakeStepStore(new MemoryStore());
  const failures = new Map<Digest, SharedFailure>();
  const made: string[] = [];
  const runs = await Promise.all(
    Array.from({ length: runners }, () =>
      runSteps(steps, {
        store,
        situation: { declarations },
        executor: worker(made, pause),
        team: teamOf(failures, team),
      }),
    ),
  );
  assert.equal([...store.held], [], 'no lock and no claim is left');
  return { made, runs, executed: runs.flatMap(({ executed }) => executed) };
}

const models = Array.from({ length: 6 }, (_, index) => `m${index}`);
const metrics = ['loss', 'generate', 'kl'];
const grid = metrics.flatMap((metric) => models.map((model) => measured(model, metric)));

test('each model is made once, by the runner that then measures it for all metrics', async () => {
  for (const runners of [1, 3]) {
    const { made, executed } = await joint(grid, runners);
    assert.equal([...made].sort(), models);
    assert.equal([...executed].sort(), grid.map(({ id }) => id).sort());
  }
});

test('other steps that want the device do not come between those of a model', async () => {
  const others = Array.from({ length: 6 }, (_, index) => make(`d${index}`, ['source'], { index }, 'device'));
  const { made } = await joint([...grid, ...others], 2);
  assert.equal([...made].sort(), models);
});

test('a model that is made of a step is one with that of equal inputs, and another with other inputs', async () => {
  const steps = [
    make('a', ['source'], { a: 1 }),
    make('b', ['source'], { b: 1 }),
    measured('m', 'loss', 'projected', 'a'),
    measured('m', 'kl', 'projected', 'b'),
  ];
  const store = new FakeStepStore(new MemoryStore());
  const run = await runSteps(steps, {
    store,
    situation: { declarations },
    team: teamOf(new Map()),
  });
  const models = new Set(run.tasks.flatMap(({ model }) => model ?? []));
  assert.is(models.size, 2);
  const equal = await runSteps(steps, {
    store: new FakeStepStore(new MemoryStore()),
    situation: { declarations },
    executor: new FakeExecutor(({ step }) => (step === 'a' || step === 'b' ? 'same' : undefined)),
    team: teamOf(new Map()),
  });
  assert.is(new Set(equal.tasks.flatMap(({ model }) => model ?? [])).size, 1);
});

test('a model that is read as it is may be run by several runners at a time', async () => {
  const steps = metrics.map((metric) => measured('base', metric, 'whole'));
  const { runs } = await joint(steps, 3, {}, 20);
  assert.equal(
    runs.map(({ executed }) => executed.length),
    [1, 1, 1],
  );
});

test('a runner that has nothing else to do for long helps with a model that another has a claim on', async () => {
  const store = new FakeStepStore(new MemoryStore());
  const steps = metrics.map((metric) => measured('m', metric));
  const failures = new Map<Digest, SharedFailure>();
  let isHelped: () => void = () => {};
  const helped = new Promise<undefined>((resolve) => {
    isHelped = () => resolve(undefined);
  });
  const of = (executor: FakeExecutor, idleMilliseconds: number) =>
    runSteps(steps, { store, situation: { declarations }, executor, team: teamOf(failures, { idleMilliseconds }) });
  const slow = of(new FakeExecutor(() => helped), 60_000);
  const helper = await of(
    new FakeExecutor(() => {
      isHelped();
      return undefined;
    }),
    1_000,
  );
  const owner = await slow;
  assert.ok(helper.executed.length > 0);
  assert.is(owner.executed.length + helper.executed.length, 3);
});

test('a step that was waited for and has its lock is done, whoever has a claim on its model by then', async () => {
  const steps = [measured('m', 'loss')];
  const options = { situation: { declarations }, team: teamOf(new Map(), { idleMilliseconds: 60_000 }) };
  const before = new MemoryStore();
  const [task] = (await runSteps(steps, { ...options, memory: before })).tasks;
  const store = new FakeStepStore(new MemoryStore());
  const [key] = before.actions.keys();
  store.others.set(key!, () => store.held.add(task!.model!));
  const run = await runSteps(steps, { ...options, store });
  assert.is(run.states[steps[0]!.id], 'ran');
});

test('a runner that is alone goes by the plan, whatever is made twice', async () => {
  const made: string[] = [];
  const run = await runSteps(grid, { situation: { declarations }, executor: worker(made) });
  assert.equal(
    run.executed,
    grid.map(({ id }) => id),
  );
  assert.is(made.length, grid.length);
});

test.run();
