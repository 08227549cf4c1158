import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FixtureTensor, moved, randomTensors, writeFixture } from '../checkpoint-fixtures.js';
import { assertOneScreen, ranSteps, Sandbox, summaryOf, workersOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

const test = suite<{ sandbox: Sandbox }>('runs that go wrong');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('small.yaml', smallWorkflow);
});
test.after.each(({ sandbox }) => sandbox.remove());

/** Large enough that a run takes a while: time to stop or kill it. */
const larger = smallWorkflow.replace('hidden: 16', 'hidden: 96').replace('vocabulary: 20', 'vocabulary: 300');
const runLarger = async (sandbox: Sandbox) => {
  await sandbox.write('small.yaml', larger);
  const started = sandbox.start(['run', 'small.yaml', '--json']);
  await started.event((event) => event.type === 'step-started' && event.step.startsWith('svd['));
  return started;
};

const localModels = `runflow: 1
name: small
models: { base: { path: base }, aligned: { path: aligned }, useful: { path: useful } }
updates: { alignment: { from: base, to: aligned }, useful: { from: aligned, to: useful } }
metrics: { overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.1, 0.5] } }
`;
const base = randomTensors({ 'a.weight': [6, 4], 'b.weight': [4, 5], 'c.norm': [4] }, 1);
async function writeLocalModels(sandbox: Sandbox): Promise<void> {
  await sandbox.write('small.yaml', localModels);
  await writeFixture(sandbox.path('base'), base);
  await writeFixture(sandbox.path('aligned'), moved(base, 2, 0.1));
  await writeFixture(sandbox.path('useful'), moved(base, 3, 0.1));
}
/** Replaces one tensor of a model. */
const rewrite = (sandbox: Sandbox, model: string, name: string, tensor: FixtureTensor) =>
  writeFixture(sandbox.path(model), { ...base, [name]: tensor });

/** What is recorded of a step that is cached. */
async function explained(
  sandbox: Sandbox,
  pattern: string,
): Promise<{ id: string; outputs: Record<string, { digest: string }> }> {
  const { stdout } = await sandbox.runflow(['explain', 'small.yaml', '--json', pattern]);
  return JSON.parse(stdout)[0];
}
function objectFile(sandbox: Sandbox, digest: string): string {
  const folder = join(sandbox.store, 'objects/sha256');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((file) =>
    file.endsWith(digest.slice('sha256:'.length)),
  );
  return join(folder, found!);
}
const without = (ran: readonly string[], earlier: readonly string[]) => ran.filter((id) => earlier.includes(id));

test('a run that is interrupted ends with 130, and the next goes on where it was', async ({ sandbox }) => {
  const started = await runLarger(sandbox);
  started.child.kill('SIGINT');
  const first = await started.ended;
  assert.is(first.status, 130);
  assert.ok(summaryOf(first).interrupted);
  assert.is(summaryOf(first).failed, 0);
  assert.ok(ranSteps(first).length > 0);
  const second = await sandbox.run(['small.yaml']);
  assert.equal(without(ranSteps(second), ranSteps(first)), []);
});

test('a runner that is killed loses only the step in flight', async ({ sandbox }) => {
  const started = await runLarger(sandbox);
  started.child.kill('SIGKILL');
  const first = await started.ended;
  const second = await sandbox.run(['small.yaml']);
  assert.equal(without(ranSteps(second), ranSteps(first)), []);
  assert.is(summaryOf(await sandbox.run(['small.yaml'])).ran, 0);
});

test('a worker that is killed costs one more attempt, not the run', async ({ sandbox }) => {
  const started = await runLarger(sandbox);
  for (const worker of await workersOf(started.child.pid!)) process.kill(worker, 'SIGKILL');
  const ended = await started.ended;
  assert.is(ended.status, 0);
  assert.is(summaryOf(ended).failed, 0);
  assert.ok(ended.events.some((event) => event.type === 'warning' && /the worker process ended/.test(event.message)));
  assert.ok(ended.events.some((event) => event.type === 'step-started' && event.attempt === 2));
});

test('two runners on one store do each step once', async ({ sandbox }) => {
  const outcomes = await Promise.all([sandbox.run(['small.yaml', '--out', 'one']), sandbox.run(['small.yaml'])]);
  const ran = outcomes.flatMap(ranSteps);
  assert.is(new Set(ran).size, ran.length, 'a step ran twice');
  const { ran: own, cached } = summaryOf(outcomes[0]!);
  assert.is(ran.length, own + cached);
});

test('an object that is missing is named and made again, with nothing else', async ({ sandbox }) => {
  await sandbox.run(['small.yaml']);
  const { id, outputs } = await explained(sandbox, 'svd[alignment,*q_proj*]');
  rmSync(objectFile(sandbox, outputs.v!.digest));
  const plan = JSON.parse((await sandbox.runflow(['plan', 'small.yaml', '--json'])).stdout);
  const { reason } = plan.steps.find((step: { id: string }) => step.id === id);
  assert.match(reason, /^missing object: output v \(sha256:/);
  assert.equal(ranSteps(await sandbox.run(['small.yaml'])), [id]);
});

test('a damaged object is found when it is read, named, and made again in the same run', async ({ sandbox }) => {
  await sandbox.run(['small.yaml']);
  const { id, outputs } = await explained(sandbox, 'svd[alignment,*q_proj*]');
  const file = objectFile(sandbox, outputs.v!.digest);
  const bytes = readFileSync(file);
  bytes[5]! ^= 1;
  rmSync(file);
  writeFileSync(file, bytes);
  const ended = await sandbox.run(['small.yaml', '--set', 'sweeps.parallel.fractions=[0.3]']);
  assert.ok(ranSteps(ended).includes(id));
  const warning = ended.events.find((event) => event.type === 'warning');
  assert.ok(warning?.type === 'warning' && warning.message.includes(outputs.v!.digest), JSON.stringify(warning));
});

test('NaN in a tensor fails its step by name; with --keep-going the rest is done', async ({ sandbox }) => {
  await writeLocalModels(sandbox);
  const { shape, values } = base['a.weight']!;
  const poisoned = values.map((value, index) => (index === 7 ? Number.NaN : value));
  await rewrite(sandbox, 'useful', 'a.weight', { shape, values: poisoned });
  const ended = await sandbox.runflow(['run', 'small.yaml', '--json', '--keep-going']);
  assert.is(ended.status, 1);
  const failures = ended.events.flatMap((event) => (event.type === 'step-failed' ? [event] : []));
  assert.equal(
    failures.map(({ step }) => step),
    ['svd[useful,a.weight]'],
  );
  assert.match(failures[0]!.message, /NaN|finite/);
  assert.ok(ranSteps(ended).includes('overlap[useful,alignment,b.weight]'));
  const skipped = ended.events.flatMap((event) => (event.type === 'step-skipped' ? [event.step] : []));
  assert.equal(skipped, ['overlap[useful,alignment,a.weight]', 'overlap-table', 'figures', 'tables', 'report']);
});

test('a failed run names no report, leaves what was there, and is remembered with its message', async ({ sandbox }) => {
  await writeLocalModels(sandbox);
  await sandbox.run(['small.yaml']);
  const report = readFileSync(sandbox.path('results/small/report.html'), 'utf8');
  const { shape, values } = base['a.weight']!;
  await rewrite(sandbox, 'useful', 'a.weight', { shape, values: values.map(() => Number.NaN) });
  const failed = await sandbox.runflow(['run', 'small.yaml', '--json']);
  assert.is(failed.status, 1, failed.stdout + failed.stderr);
  assert.is(summaryOf(failed).report, undefined);
  assert.is(readFileSync(sandbox.path('results/small/report.html'), 'utf8'), report);
  const { results } = JSON.parse(readFileSync(sandbox.path('results/small/run.json'), 'utf8'));
  const current = results.flatMap((one: { file: string; current: boolean }) => (one.current ? [one.file] : []));
  assert.equal(current, ['timeline.json']);
  await rewrite(sandbox, 'useful', 'a.weight', { shape, values });
  await sandbox.run(['small.yaml']);
  const { stdout } = await sandbox.runflow(['cache', 'runs']);
  const failure = failed.events.find(({ type }) => type === 'step-failed');
  assert.ok(failure?.type === 'step-failed' && stdout.includes(`${failure.step}: ${failure.message}`), stdout);
});

test('checkpoints that do not fit are refused before anything runs, with the place in the workflow', async ({
  sandbox,
}) => {
  await writeLocalModels(sandbox);
  await rewrite(sandbox, 'aligned', 'a.weight', { shape: [6, 3], values: new Float32Array(18) });
  const ended = await sandbox.runflow(['run', 'small.yaml']);
  assertOneScreen(ended, 2);
  assert.match(
    ended.stderr,
    /^small\.yaml:4:\d+: error: models .* differ in 1 tensor: a\.weight: \[6, \d\] and \[6, \d\]/,
  );
});

test('a missing folder is an invalid workflow; a file that is no checkpoint is bad data', async ({ sandbox }) => {
  await writeLocalModels(sandbox);
  writeFileSync(sandbox.path('base/model.safetensors'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
  const pointer = await sandbox.runflow(['run', 'small.yaml']);
  assertOneScreen(pointer, 1);
  assert.match(pointer.stderr, /^error: model base \(small\.yaml:3\): .*LFS/);
  rmSync(sandbox.path('base'), { recursive: true });
  const missing = await sandbox.runflow(['run', 'small.yaml']);
  assertOneScreen(missing, 2);
  assert.match(missing.stderr, /^small\.yaml:3:\d+: error: model base: there is no folder .*base\n/);
});

test('a machine without the adapter that was asked for is told so', async ({ sandbox }) => {
  const ended = await sandbox.runflow(['run', 'small.yaml'], { RUNFLOW_ADAPTER: 'no such adapter' });
  assertOneScreen(ended, 3);
  assert.match(ended.stderr, /^error: .*no such adapter/);
});

test('a file as store or --out is a slip; a results folder that cannot be written is an error of the environment', async ({
  sandbox,
}) => {
  await sandbox.write('occupied', 'a file');
  assertOneScreen(await sandbox.runflow(['run', 'small.yaml', '--store', 'occupied']), 2);
  assertOneScreen(await sandbox.runflow(['run', 'small.yaml', '--out', 'occupied/below']), 2);
  await sandbox.write('results', 'a file');
  const out = await sandbox.runflow(['run', 'small.yaml', '--json']);
  assert.is(out.status, 3, out.stderr);
  assert.match(out.stderr, /results cannot go to .*: a file is in the way of a folder[\s\S]*--out/);
  assert.equal(out.events, [], 'it is told before the work');
  rmSync(sandbox.path('results'));
  await sandbox.run(['small.yaml']);
});

test.run();
