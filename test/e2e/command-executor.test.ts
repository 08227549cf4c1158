import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JointRun } from '../../src/run/joint/joint-run.js';
import { usesDevice } from '../../src/steps/needs.js';
import { Store } from '../../src/store/store.js';
import { ranSteps, Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** A run whose runners three commands place: here as processes of this machine, by the example for bash. */

const executors = fileURLToPath(new URL('../../../examples/executors/', import.meta.url));
const timing = { tickSeconds: 0.1, pollSeconds: 0.3, lostSeconds: 5, idleSeconds: 20, graceSeconds: 5 };

/** Steps of programs, which take no device. Each begins, and waits for a file before it ends. */
const workflow = `runflow: 1
name: by-commands
cluster: { jobs: 2, partition: gpu }
steps:
  one: { command: { run: [node, step.cjs, one], files: [step.cjs], env: [GATE] }, tables: [one.csv] }
  two: { command: { run: [node, step.cjs, two], files: [step.cjs], env: [GATE] }, tables: [two.csv] }
`;
const program = `const fs = require('node:fs');
const name = process.argv[2];
fs.writeFileSync(process.env.GATE + '-' + name, '');
const wait = setInterval(() => {
  if (!fs.existsSync(process.env.GATE)) return;
  clearInterval(wait);
  fs.writeFileSync('outputs/' + name + '.csv', 'name\\n' + name + '\\n');
}, 20);
`;

const test = suite('executor command');
let sandbox: Sandbox;
test.before.each(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('study.yaml', workflow);
  await sandbox.write('step.cjs', program);
});
test.after.each(async () => {
  await sandbox.write('gate', '');
  spawnSync(`${executors}bash-queue`, ['cancel', ...jobNames()], { env: { ...process.env, ...environment() } });
  await sandbox.remove();
});

const environment = () => ({ XDG_STATE_HOME: sandbox.path('state'), GATE: sandbox.path('gate') });
const asked = ['study.yaml', '--executor', 'command', '--executors', `${executors}bash.yaml`, '--allow-commands'];
const run = () => [...asked, '--timing', JSON.stringify(timing), '--out', 'results'];

/** Names of the jobs that were handed in: the script keeps a file NAME.INDEX of each runner. */
function jobNames(): string[] {
  if (!existsSync(sandbox.path('state'))) return [];
  const files = readdirSync(sandbox.path('state'), { recursive: true, encoding: 'utf8' });
  return [...new Set(files.flatMap((file) => /^(runflow-.+)\.\d+$/.exec(basename(file))?.[1] ?? []))];
}

const statesOf = () =>
  spawnSync(`${executors}bash-queue`, ['status', ...jobNames()], { env: { ...process.env, ...environment() } })
    .stdout.toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').slice(1).join(' '));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(50);
}

test('a run that was left is found again by the same command, and ends as a local one does', async () => {
  const left = await sandbox.runflow(['run', ...run(), '--detach'], environment());
  assert.is(left.status, 0, left.stdout + left.stderr);
  await until(() => existsSync(sandbox.path('gate-one')) && existsSync(sandbox.path('gate-two')));
  assert.is(jobNames().length, 1);
  assert.equal(statesOf(), ['0 running', '1 running']);
  const following = sandbox.start(['run', ...run(), '--json'], environment());
  await following.event(({ type }) => type === 'step-started');
  await sandbox.write('gate', '');
  const followed = await following.ended;
  assert.is(followed.status, 0, followed.stdout + followed.stderr);
  assert.is(jobNames().length, 1, 'attached, and not submitted again');
  assert.equal(ranSteps(followed).sort(), ['command-results[one]', 'command-results[two]']);
  for (const name of ['one', 'two']) {
    assert.is(readFileSync(sandbox.path('results', 'steps', name, `${name}.csv`), 'utf8'), `name\n${name}\n`);
  }
  await until(() => statesOf().every((state) => state.endsWith('ended')));
});

test('a runner whose time is up hands its successor in, though nobody follows', async () => {
  // As most queues do, this one hands on the variables that it is told of, and no others.
  const { XDG_STATE_HOME, GATE } = environment();
  const handedOn = { PATH: process.env.PATH, HOME: sandbox.folder, XDG_STATE_HOME, GATE };
  const words = Object.entries(handedOn).map(([name, value]) => JSON.stringify(`${name}=${value}`));
  await sandbox.write(
    'own.yaml',
    readFileSync(`${executors}bash.yaml`, 'utf8')
      .replace('./bash-queue, submit', `env, -i, ${words.join(', ')}, ./bash-queue, submit`)
      .replaceAll('./bash-queue', `${executors}bash-queue`),
  );
  const named = { ...environment(), RUNFLOW_EXECUTORS: sandbox.path('own.yaml') };
  const hurry = ['--timing', JSON.stringify(timing), '--out', 'results'];
  const asked = ['study.yaml', '--executor', 'command', '--jobs', '1', '--allow-commands', ...hurry];
  const left = await sandbox.runflow(['run', ...asked, '--detach'], named);
  assert.is(left.status, 0, left.stdout + left.stderr);
  await until(() => existsSync(sandbox.path('gate-one')) || existsSync(sandbox.path('gate-two')));
  const [job] = jobNames();
  const state = readdirSync(sandbox.path('state'), { recursive: true, encoding: 'utf8' });
  const file = state.find((name) => basename(name) === `${job}.0`)!;
  process.kill(Number(readFileSync(sandbox.path('state', file), 'utf8').split(' ')[0]), 'SIGUSR2');
  const store = Store.open(sandbox.store);
  const joint = new JointRun(store, store.runs.list()[0]!.id);
  await until(() => joint.exit({ attempt: 1, index: 0 }) !== undefined);
  assert.equal(joint.exit({ attempt: 1, index: 0 }), { how: 'time', exitCode: 130, successor: 2 });
  await sandbox.write('gate', '');
  await until(() => joint.exit({ attempt: 2, index: 0 }) !== undefined && joint.outcome() !== undefined);
  assert.is(joint.exit({ attempt: 2, index: 0 })!.how, 'done');
  assert.is(joint.outcome()!.outcome, 'done');
  assert.is(joint.attempts().length, 2);
  for (const name of ['one', 'two']) {
    assert.is(readFileSync(sandbox.path('results', 'steps', name, `${name}.csv`), 'utf8'), `name\n${name}\n`);
  }
});

test('Ctrl-C ends the runners with the run', async () => {
  const started = sandbox.start(['run', ...run(), '--json'], environment());
  await until(() => existsSync(sandbox.path('gate-one')) && existsSync(sandbox.path('gate-two')));
  started.child.kill('SIGINT');
  const { status, stderr } = await started.ended;
  assert.is(status, 130, stderr);
  await until(() => statesOf().every((state) => state.endsWith('ended')));
  assert.not(existsSync(sandbox.path('results', 'steps')));
});

test('a runner of another class of device, or without one, takes no step of the device', async () => {
  await sandbox.write('small.yaml', smallWorkflow);
  await sandbox.run(['small.yaml', '--out', 'alone']);
  const adapter = process.env.RUNFLOW_ADAPTER ?? 'auto';
  const other = adapter === 'lavapipe' ? 'swiftshader' : 'no such card';
  await sandbox.write(
    'roles.yaml',
    `${readFileSync(`${executors}bash.yaml`, 'utf8').replaceAll('./bash-queue', `${executors}bash-queue`)}
  setup: |
    case "$1" in 0) export RUNFLOW_ADAPTER='${adapter}';; 1) export RUNFLOW_ADAPTER='${other}';; *) export RUNFLOW_ADAPTER=none;; esac
    # The first that begins with a device names the class for all.
    [ "$1" = 0 ] || for ((try = 0; try < 300; try++)); do ls '${sandbox.path('roles-store')}'/runs/*/device.json && break; sleep 0.1; done
`,
  );
  const asked = ['--executor', 'command', '--executors', 'roles.yaml', '--jobs', '3', '--store', 'roles-store'];
  const hurry = ['--timing', JSON.stringify(timing), '--out', 'roles'];
  await sandbox.run(['small.yaml', ...asked, ...hurry], environment());
  for (const table of ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv']) {
    assert.equal(readFileSync(sandbox.path('roles', table)), readFileSync(sandbox.path('alone', table)), table);
  }
  const [run] = readdirSync(sandbox.path('roles-store', 'runs'));
  const attempts = sandbox.path('roles-store', 'runs', run!, 'attempts');
  // A runner of a later attempt has what the one of its index has.
  const logs = (index: string) =>
    readdirSync(attempts)
      .map((attempt) => join(attempts, attempt, index, 'events.jsonl'))
      .filter((file) => existsSync(file));
  const lines = ['0', '1', '2'].map((index) => logs(index).flatMap((file) => readFileSync(file, 'utf8').split('\n')));
  const kinds = lines.map((each) => each.flatMap((line) => /"step-started".*"kind":"([^"]+)"/.exec(line)?.[1] ?? []));
  const onDevice = kinds.map((list) => list.filter((kind) => usesDevice({ kind })).length);
  assert.ok(onDevice[0]! > 0, JSON.stringify(kinds));
  assert.equal(onDevice.slice(1), [0, 0], JSON.stringify(kinds));
});

test('what the cluster section asks for and no command hears of is said before anything starts', async () => {
  await sandbox.write(
    'own.yaml',
    'command: { submit: [touch, "{name}", "{count}", "{script}"], status: ["true", "{names}"], cancel: ["true", "{names}"] }\n',
  );
  const asking = ['run', 'study.yaml', '--executor', 'command', '--executors', 'own.yaml', '--allow-commands'];
  const { status, stderr } = await sandbox.runflow(asking, environment());
  assert.is(status, 2, stderr);
  assert.match(stderr, 'the workflow gives cluster.partition, and submit of the executors file has no {partition}');
});

test.run();
