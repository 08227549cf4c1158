import { appendFileSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { thisProcess } from '../../../src/store/process-identity.js';
import { seriesOf } from '../../../src/store/runs.js';
import { Store } from '../../../src/store/store.js';
import { actionOf, keyOf, shortTiming, temporaryFolder } from './temporary-store.js';

const open = () => Store.open(join(temporaryFolder(), 'store'));
const workflow = { name: 'w', file: 'w.yaml' };

test('a run is listed with what it looked up, each key once', async () => {
  const store = open();
  const run = await store.runs.begin(workflow);
  for (const name of ['a', 'b', 'a']) store.lookUp(keyOf(name), { run, step: `svd[${name}\n]` });
  store.lookUp(keyOf('only planned'));
  assert.ok(store.runs.isActive(store.runs.list()[0]!));
  assert.equal(store.runs.keysOf(run.record.id), [
    { key: keyOf('a'), step: 'svd[a ]' },
    { key: keyOf('b'), step: 'svd[b ]' },
  ]);
  await run.finish('failed');
  const [record] = Store.open(store.path).runs.list();
  assert.not.ok(store.runs.isActive(record!));
  assert.is(record?.outcome, 'failed');
  assert.is(record?.workflow, 'w');
  await store.runs.remove(run.record.id);
  assert.equal(store.runs.list(), []);
});

test('a run that was pinned while it ran stays pinned', async () => {
  const store = open();
  const run = await store.runs.begin(workflow);
  await store.runs.write({ ...run.record, pinned: true });
  await run.finish('done');
  assert.is(store.runs.get(run.record.id)?.pinned, true);
});

test('runs of dead processes are not active, runs elsewhere are as long as their heartbeat is seen to change', async () => {
  const path = open().path;
  const owner = thisProcess();
  let now = 0;
  const store = Store.open(path, { clock: () => now });
  const { record } = await store.runs.begin(workflow);
  assert.not.ok(store.runs.isActive({ ...record, owner: { ...owner, pid: 2 ** 22 + 1 } }));
  const far = Store.open(path, { identity: { ...owner, host: 'elsewhere' } });
  const elsewhere = (await far.runs.begin(workflow)).record;
  // However long ago it was started, by whatever clock, and whatever times the heartbeat sets.
  await far.runs.write({ ...elsewhere, started: new Date(0).toISOString() });
  const isActive = () => store.runs.isActive(store.runs.get(elsewhere.id)!);
  for (const time of [5, 4, 3]) {
    utimesSync(store.runs.recordOf(elsewhere.id), time, time);
    assert.ok(isActive());
    now += 119_000;
    assert.ok(isActive());
  }
  now += 2_000;
  assert.not.ok(isActive());
});

test('a run that goes on touches its record, one that has ended does not', async () => {
  const store = Store.open(open().path, { timing: shortTiming });
  const run = await store.runs.begin(workflow);
  const file = store.runs.recordOf(run.record.id);
  run.use(keyOf('a'), 'a');
  const touched = () => statSync(file).mtimeMs !== 1000;
  utimesSync(file, 1, 1);
  while (!touched()) await new Promise((resume) => setTimeout(resume, 10));
  await run.finish('done');
  utimesSync(file, 1, 1);
  await new Promise((resume) => setTimeout(resume, 3 * shortTiming.heartbeatMilliseconds));
  assert.not.ok(touched());
});

test('lines and records that are not whole are passed over', async () => {
  const store = open();
  const run = await store.runs.begin(workflow);
  store.lookUp(keyOf('a'), { run, step: 'a' });
  appendFileSync(join(run.folder, 'keys'), 'garbage\n0123');
  assert.equal(store.runs.keysOf(run.record.id), [{ key: keyOf('a'), step: 'a' }]);
  const torn = await store.runs.begin(workflow);
  const file = join(torn.folder, 'run.json');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 20));
  assert.equal(
    store.runs.list().map(({ id }) => id),
    [run.record.id],
  );
});

test('the nearest action of a step is the one of the newest run that has another key and is recorded', async () => {
  const store = open();
  const keys = [
    ['w', 'a1', 'b1'],
    ['w', 'a2'],
    ['another', 'a3'],
    ['w', 'a4 never done'],
  ] as const;
  for (const [index, [name, a, b]] of keys.entries()) {
    const run = await store.runs.begin({ name: 'w', file: `${name}.yaml` });
    await store.runs.write({ ...run.record, started: new Date(Date.UTC(2024, 0, 1 + index)).toISOString() });
    run.use(keyOf(a), 'a');
    if (b !== undefined) run.use(keyOf(b), 'b');
    for (const done of [a, b]) {
      if (done !== undefined && !done.endsWith('never done')) await store.actions.record(actionOf(done, {}));
    }
  }
  const nearest = Store.open(store.path).nearestAction({ file: 'w.yaml' });
  assert.equal(nearest('a', keyOf('new'))?.action.params, { name: 'a2' });
  assert.equal(nearest('a', keyOf('a2'))?.action.params, { name: 'a1' });
  assert.equal(nearest('a', undefined)?.action.params, { name: 'a2' });
  assert.equal(nearest('b', keyOf('new'))?.action.params, { name: 'b1' });
  assert.is(nearest('b', keyOf('b1')), undefined);
  assert.is(nearest('c', undefined), undefined);
  assert.equal(store.nearestAction({ file: 'another.yaml' })('a', undefined)?.action.params, { name: 'a3' });
});

test('workflows of one name in two projects share neither what differs nor what is kept', async () => {
  const store = open();
  const projects = [
    { name: 'w', file: '/one/w.yaml' },
    { name: 'w', file: '/two/w.yaml' },
  ];
  for (const [index, project] of projects.entries()) {
    const run = await store.runs.begin(project);
    run.use(keyOf(`of ${index}`), 'a');
    await store.actions.record(actionOf(`of ${index}`, {}));
    await run.finish('done');
  }
  assert.equal(store.nearestAction(projects[0]!)('a', undefined)?.action.params, { name: 'of 0' });
  assert.equal(store.nearestAction(projects[1]!)('a', undefined)?.action.params, { name: 'of 1' });
  const [one, two] = store.runs.list();
  assert.is.not(seriesOf(one!), seriesOf(two!));
});

test('a step is compared with runs of the same profile first, then with others of the file', async () => {
  const store = open();
  for (const [index, profile] of ['toy', 'real', 'real'].entries()) {
    const run = await store.runs.begin({ ...workflow, profile });
    await store.runs.write({ ...run.record, started: new Date(Date.UTC(2024, 0, 1 + index)).toISOString() });
    run.use(keyOf(`${profile} ${index}`), 'a');
    await store.actions.record(actionOf(`${profile} ${index}`, {}));
  }
  const named = (profile: string, key?: `sha256:${string}`) =>
    store.nearestAction({ ...workflow, profile })('a', key)?.action.params;
  assert.equal(named('toy'), { name: 'toy 0' });
  assert.equal(named('toy', keyOf('toy 0')), { name: 'real 2' });
  assert.equal(named('real'), { name: 'real 2' });
});

test('what was the matter with a run stays with its record', async () => {
  const store = open();
  const run = await store.runs.begin(workflow);
  await run.finish('failed', 'svd[a]: NaN in a.weight');
  await (await store.runs.begin(workflow)).finish('done');
  assert.is(store.runs.get(run.record.id)?.problem, 'svd[a]: NaN in a.weight');
});

test.run();
