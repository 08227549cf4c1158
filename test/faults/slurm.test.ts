import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { execaSync } from 'execa';
import * as assert from 'uvu/assert';
import { longTraining } from '../long-training.js';
import { type Ended, Sandbox, summaryOf } from '../sandbox.js';
import { Drill, doneSteps, hasTrained, resumptions } from '../slurm/drill.js';
import { slurmMissing } from '../slurm/lab.js';
import { slurmSuite } from '../slurm/suite.js';
import { smallWorkflow } from '../small-workflow.js';

const sandbox = await Sandbox.make();
/** What the run alone left: every drill must end in these bytes. */
const expected = { model: Buffer.alloc(0), evaluation: Buffer.alloc(0) };
/** A small disk that all hosts share: it is there before they are. */
const disk = sandbox.path('disk');
if (slurmMissing() === undefined) {
  mkdirSync(disk);
  execaSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', disk]);
}
const test = slurmSuite('joint runs on Slurm', { nodes: 2, cpus: 1, settings: ['SlurmdTimeout=5'] });

test.before(async () => {
  await sandbox.write('drill.yaml', longTraining('drill', 60));
  await sandbox.run(['drill.yaml', '--out', 'alone']);
  const alone = new Drill(undefined!, sandbox, 'alone', sandbox.store);
  Object.assign(expected, { model: await alone.trained(), evaluation: alone.result('evaluation.csv') });
});
test.before.each(({ lab }) => lab.nodesIdle());

/** A drill that ended well: the bytes of the run alone, and nothing failed. */
async function assertSame(drill: Drill, ended: Ended): Promise<void> {
  assert.is(ended.status, 0, ended.stdout.slice(-4000) + ended.stderr);
  assert.is(summaryOf(ended).failed, 0);
  assert.ok(drill.result('evaluation.csv').equals(expected.evaluation), 'another evaluation.csv');
  assert.ok((await drill.trained()).equals(expected.model), 'another model');
}

const warnings = ({ events }: Ended) => events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

test('two nodes carry out one run, each step once, to the bytes of the run alone', async ({ lab }) => {
  await sandbox.write('small.yaml', smallWorkflow);
  await sandbox.run(['small.yaml', '--out', 'small-alone']);
  const drill = new Drill(lab, sandbox, 'small');
  const ended = await drill.start({ file: 'small.yaml' }).ended;
  assert.is(ended.status, 0, ended.stdout.slice(-4000) + ended.stderr);
  for (const file of ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv']) {
    assert.ok(drill.result(file).equals(readFileSync(sandbox.path('small-alone', file))), `another ${file}`);
  }
  const steps = doneSteps(ended);
  assert.is(new Set(steps).size, steps.length);
  const hosts = drill.hosts();
  assert.is(new Set(hosts.map(({ identity }) => identity)).size, 2, JSON.stringify(hosts));
  assert.equal(warnings(ended), []);
});

test('a runner that is killed in training is taken over from its saved state by another', async ({ lab }) => {
  const drill = new Drill(lab, sandbox, 'killed');
  const { ended, event } = drill.start();
  await event(hasTrained(15));
  const { node, begun } = drill.trainer();
  await node.run(['kill', '-KILL', `${begun.owner.pid}`]);
  const end = await ended;
  await assertSame(drill, end);
  assert.ok(Math.max(...resumptions(end)) >= 10, JSON.stringify(resumptions(end)));
  assert.ok(
    warnings(end).some((message) => /runner .* is lost/.test(message)),
    warnings(end).join('\n'),
  );
});

test('scancel of the only runner in training: another is started and goes on behind the saved state', async ({
  lab,
}) => {
  const drill = new Drill(lab, sandbox, 'scancel');
  const { ended, event } = drill.start({ jobs: 1 });
  await event(hasTrained(15));
  lab.slurm('scancel', [`--name=${drill.jobName(1)}`]);
  const end = await ended;
  await assertSame(drill, end);
  assert.ok(Math.max(...resumptions(end)) >= 10, JSON.stringify(resumptions(end)));
});

test('the warning before the time limit: the runner saves its state, and a successor goes on', async ({ lab }) => {
  const drill = new Drill(lab, sandbox, 'time');
  const { ended, event } = drill.start({ jobs: 1 });
  await event(hasTrained(15));
  lab.slurm('scancel', ['--batch', '--signal=USR2', `--name=${drill.jobName(1)}`]);
  const end = await ended;
  await assertSame(drill, end);
  assert.is(drill.joint().exit({ attempt: 1, index: 0 })?.how, 'time');
  assert.ok(Math.max(...resumptions(end)) >= 15, JSON.stringify(resumptions(end)));
});

test('a controller that is killed right after the submission forgets it: nothing is lost', async ({ lab }) => {
  const drill = new Drill(lab, sandbox, 'controller');
  const { ended, event } = drill.start();
  await event(({ type }) => type === 'run-started');
  await lab.killController();
  await lab.startController();
  const end = await ended;
  await assertSame(drill, end);
  const steps = doneSteps(end);
  assert.is(new Set(steps).size, steps.length);
});

test('the terminal is killed, and the same command attaches to the run', async ({ lab }) => {
  const drill = new Drill(lab, sandbox, 'attach');
  const first = drill.start();
  await first.event(hasTrained(5));
  first.child.kill('SIGKILL');
  await first.ended;
  const id = drill.joint().id;
  const second = await drill.start().ended;
  await assertSame(drill, second);
  assert.is(drill.joint().id, id);
  assert.is(drill.joint().attempts().length, 1);
});

test('a node whose slurmd dies in training: the other node goes on', async ({ lab }) => {
  const drill = new Drill(lab, sandbox, 'slurmd');
  const { ended, event } = drill.start();
  await event(hasTrained(15));
  const { node, begun } = drill.trainer();
  await node.signalDaemon('SIGKILL');
  await node.run(['kill', '-KILL', `${begun.owner.pid}`]);
  const end = await ended;
  node.startDaemon();
  await assertSame(drill, end);
  assert.ok(Math.max(...resumptions(end)) >= 10, JSON.stringify(resumptions(end)));
});

test('a runner that was stopped past the takeover and goes on publishes nothing twice', async ({ lab }) => {
  const drill = new Drill(lab, sandbox, 'frozen');
  const { ended, event } = drill.start();
  await event(hasTrained(15));
  const { node, begun } = drill.trainer();
  await node.freeze(begun.owner.pid, 'STOP');
  await event((told) => told.type === 'step-log' && told.line.startsWith('going on from the state'));
  await node.freeze(begun.owner.pid, 'CONT');
  const end = await ended;
  await assertSame(drill, end);
  assert.is(doneSteps(end).filter((step) => step === 'train[trained]').length, 1);
});

test('a node that does not see the store: the other does the run, and a warning says what to look at', async ({
  lab,
}) => {
  const blind = lab.nodes[1]!;
  await blind.run(['mount', '-t', 'tmpfs', 'none', sandbox.folder]);
  try {
    const drill = new Drill(lab, sandbox, 'blind');
    const ended = await drill.start({ timing: { lostSeconds: 2, mostLost: 1 } }).ended;
    await assertSame(drill, ended);
    assert.equal([...new Set(drill.hosts().map(({ host }) => host))], [lab.nodes[0]!.name]);
    const hints = ended.events.flatMap((event) => (event.type === 'warning' ? [event.hint ?? ''] : []));
    assert.ok(
      hints.some((hint) => hint.includes('runflow doctor --executor slurm')),
      JSON.stringify(hints),
    );
  } finally {
    await blind.run(['umount', sandbox.folder]);
  }
});

test('clocks that are five minutes apart change nothing', async ({ lab }) => {
  const { stdout: library } = execaSync('bash', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1'], { reject: false });
  if (library === '') {
    console.log('skipped: there is no faketime to set the clock of a node with');
    return;
  }
  const ahead = `export LD_PRELOAD=${library} FAKETIME=+300s DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1`;
  await sandbox.write('executors.yaml', `slurm:\n  setup: |\n    [ "$(hostname)" != lab-node2 ] || ${ahead}\n`);
  const drill = new Drill(lab, sandbox, 'clocks');
  const { ended, event } = drill.start({ argv: ['--executors', sandbox.path('executors.yaml')] });
  await event(hasTrained(15));
  const { node, begun } = drill.trainer();
  await node.run(['kill', '-KILL', `${begun.owner.pid}`]);
  const end = await ended;
  await assertSame(drill, end);
  const starts = drill.starts();
  assert.ok(Math.max(...starts) - Math.min(...starts) > 200_000, starts.join(' '));
  assert.is(doneSteps(end).filter((step) => step === 'train[trained]').length, 1);
});

test('a store that is filled to the last byte ends the run with exit code 3; with room the same command ends it', async ({
  lab,
}) => {
  const drill = new Drill(lab, sandbox, 'full', `${disk}/store`);
  const { ended, event } = drill.start();
  await event(hasTrained(5));
  const filler = `${disk}/filler`;
  execaSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { reject: false });
  const first = await ended;
  assert.is(first.status, 3, first.stdout.slice(-4000) + first.stderr);
  assert.match(first.stdout + first.stderr, /disk is full/);
  rmSync(filler);
  await assertSame(drill, await drill.start().ended);
});

test.after(async () => {
  if (existsSync(disk)) execaSync('umount', ['--lazy', disk], { reject: false });
  await sandbox.remove();
});
test.run();
