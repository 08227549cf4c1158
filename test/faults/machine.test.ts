import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../src/diagnostics/errors.js';
import { ServerJudge } from '../../src/eval/openai-judge.js';
import { VerdictFolder } from '../../src/eval/verdict-cache.js';
import { digestOf } from '../../src/formats/digest.js';
import { assertOneScreen, isAlive, ranSteps, Sandbox, type Started, summaryOf, workersOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';
import { ChatStandIn } from '../unit/eval/chat-stand-in.js';

const test = suite<{ sandbox: Sandbox }>('a machine that fails');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

/** Large enough that a decomposition takes a while. */
const larger = smallWorkflow.replace('hidden: 16', 'hidden: 192').replace('vocabulary: 20', 'vocabulary: 900');

/** Its state takes three times the room of its weights. */
const training = `runflow: 1
name: trained
datasets: { lessons: { synthetic: problems, rows: 60, seed: 1 } }
recipes:
  brief:
    lr: 1e-3
    steps: 6
    batch: 8
    checkpoint-every: 3
    template: { prompt: "user : {prompt} assistant :", response: " {response}" }
models:
  scratch:
    init: { family: llama, hidden: 48, layers: 2, heads: 4, mlp: 96, vocabulary: 112, tied: true }
    tokenizer: { words-of: [lessons] }
  trained: { pretrain: scratch, on: lessons, recipe: brief }
`;

async function startLarger(sandbox: Sandbox): Promise<{ started: Started; worker: number }> {
  await sandbox.write('larger.yaml', larger);
  const started = sandbox.start(['run', 'larger.yaml', '--json']);
  await started.event((event) => event.type === 'step-started' && event.step.startsWith('svd['));
  const [worker] = await workersOf(started.child.pid!);
  return { started, worker: worker! };
}

async function assertEnds(pid: number, seconds: number): Promise<void> {
  for (let waited = 0; isAlive(pid); waited += 0.05) {
    assert.ok(waited < seconds, `process ${pid} lives on`);
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

test('a runner that is killed leaves no worker behind', async ({ sandbox }) => {
  const { started, worker } = await startLarger(sandbox);
  started.child.kill('SIGKILL');
  await started.ended;
  await assertEnds(worker, 20);
});

test('a worker killed as often as it may be tried fails its step, keeps what was done, and the next run goes on', async ({
  sandbox,
}) => {
  await sandbox.write('larger.yaml', larger);
  const started = sandbox.start(['run', 'larger.yaml', '--json', '--retries', '1']);
  for (const attempt of [1, 2]) {
    await started.event(
      (event) => event.type === 'step-started' && event.step.startsWith('svd[') && event.attempt === attempt,
    );
    for (const worker of await workersOf(started.child.pid!)) process.kill(worker, 'SIGKILL');
  }
  const first = await started.ended;
  assert.is(first.status, 1, first.stdout);
  const [failure] = first.events.filter((event) => event.type === 'step-failed');
  assert.match(failure!.message, /the worker process ended unexpectedly \(SIGKILL\)/);
  const done = ranSteps(first);
  assert.ok(done.length > 0);
  const second = await sandbox.run(['larger.yaml']);
  for (const step of ranSteps(second)) assert.not.ok(done.includes(step), step);
});

test('two signals end a run at once, a worker included', async ({ sandbox }) => {
  const { started, worker } = await startLarger(sandbox);
  started.child.kill('SIGTERM');
  started.child.kill('SIGINT');
  assert.is((await started.ended).status, 130);
  await assertEnds(worker, 20);
});

test('a named pipe in place of weights is refused, not waited for', async ({ sandbox }) => {
  mkdirSync(sandbox.path('model'));
  execFileSync('mkfifo', [sandbox.path('model/model.safetensors')]);
  await sandbox.write('pipe.yaml', 'runflow: 1\nname: pipe\nmodels: { base: { path: model } }\n');
  const ended = await sandbox.runflow(['export', 'pipe.yaml', 'base', '--to', 'copy']);
  assertOneScreen(ended, 1);
  assert.match(ended.stderr, /model base \(pipe\.yaml:3\): .*model\.safetensors: not a regular file/);
});

/** A file system of so many bytes, which only root can make. */
function mountSmallDisk(folder: string, bytes: number): boolean {
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: a full disk: only root can mount a small file system to fill');
    return false;
  }
}

test('a full disk is said with what to do; finished steps stay, and with more room the next run goes on', async ({
  sandbox,
}) => {
  const disk = sandbox.path('disk');
  await sandbox.write('small.yaml', smallWorkflow.replace('hidden: 16', 'hidden: 48'));
  if (!mountSmallDisk(disk, 256 * 1024)) return;
  try {
    const small = sandbox.withStore(`${disk}/store`);
    const first = await small.runflow(['run', 'small.yaml', '--json', '--keep-going']);
    assert.is(first.status, 3, first.stdout + first.stderr);
    const failures = first.events.flatMap((event) => (event.type === 'step-failed' ? [event] : []));
    assert.is(failures.length, 1, 'nothing more is started on a full disk');
    assert.match(failures[0]!.message, /the disk is full/);
    assert.match(failures[0]!.hint!, /cache gc.*--store/);
    assertOneScreen(await small.runflow(['run', 'small.yaml']), 3);
    execFileSync('mount', ['-o', 'remount,size=16m', disk]);
    const second = await small.run(['small.yaml']);
    assert.ok(summaryOf(second).cached > 0);
    for (const step of ranSteps(second)) assert.not.ok(ranSteps(first).includes(step), step);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('a training state that does not fit on the disk is said so; with more room training comes to the same end', async ({
  sandbox,
}) => {
  const disk = sandbox.path('disk');
  await sandbox.write('trained.yaml', training);
  if (!mountSmallDisk(disk, 640 * 1024)) return;
  try {
    const exported = ['export', 'trained.yaml', 'trained', '--to'];
    const small = sandbox.withStore(`${disk}/store`);
    const first = await small.runflow([...exported, 'first']);
    assertOneScreen(first, 3);
    assert.match(first.stdout + first.stderr, /The disk is full: the training state of \d+ bytes does not fit/);
    execFileSync('mount', ['-o', 'remount,size=16m', disk]);
    for (const [box, folder] of [
      [small, 'first'],
      [sandbox, 'unbroken'],
    ] as const) {
      const ended = await box.runflow([...exported, folder]);
      assert.is(ended.status, 0, ended.stdout + ended.stderr);
    }
    const weights = (folder: string) => readFileSync(sandbox.path(folder, 'model.safetensors'));
    assert.ok(weights('first').equals(weights('unbroken')));
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('a verdict that does not fit on the disk is said so, and leaves nothing behind', async ({ sandbox }) => {
  const disk = sandbox.path('disk');
  if (!mountSmallDisk(disk, 16 * 1024)) return;
  try {
    const verdicts = new VerdictFolder(disk);
    const error: unknown = await verdicts
      .put(digestOf('verdict'), { text: 'x'.repeat(64 * 1024), reason: 'stop' })
      .then(
        () => undefined,
        (thrown) => thrown,
      );
    assert.instance(error, EnvironmentError);
    assert.match((error as EnvironmentError).message, /The disk is full/);
    await verdicts.put(digestOf('another'), { text: 'x'.repeat(4 * 1024), reason: 'stop' });
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('a disk that fills while a judge answers costs no paid answer without a word, and the next run asks for the rest', async ({
  sandbox,
}) => {
  const disk = sandbox.path('disk');
  if (!mountSmallDisk(disk, 96 * 1024)) return;
  const server = new ChatStandIn();
  try {
    const config = { model: 'm', url: await server.url(), rubric: 'policy', maxTokens: 9, seed: 0 } as const;
    const judge = new ServerJudge(config, { concurrency: 6, patience: { attempts: 1 } });
    const items = Array.from({ length: 40 }, (_, at) => ({ prompt: `prompt ${at}`, response: `response ${at}` }));
    const error: unknown = await judge.verdicts(items, { cache: new VerdictFolder(disk) }).catch((thrown) => thrown);
    assert.instance(error, EnvironmentError);
    const { message } = error as EnvironmentError;
    assert.match(message, /^(One answer|\d answers) of the judge .* lost: The disk is full/);
    const lost = message.startsWith('One') ? 1 : Number.parseInt(message, 10);
    const paid = server.asked.length;
    assert.ok(paid > lost && paid < 40, `${paid} were paid for`);
    execFileSync('mount', ['-o', 'remount,size=16m', disk]);
    await judge.verdicts(items, { cache: new VerdictFolder(disk) });
    assert.is(server.asked.length, 40 + lost, 'only what was lost is paid for again');
  } finally {
    await server.stop();
    execFileSync('umount', [disk]);
  }
});

test.run();
