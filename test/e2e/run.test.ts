import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Ended, ranSteps, Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** The tests build on each other: the first makes the results that the others look at. */
const test = suite('run, plan, explain, graph');
let sandbox: Sandbox;
test.before(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('small.yaml', smallWorkflow);
});
test.after(() => sandbox.remove());

const run = (...argv: string[]) => sandbox.run(['small.yaml', ...argv]);
const runflow = (...argv: string[]) => sandbox.runflow(argv);
const result = (name: string) => sandbox.path('results/small', name);
const kinds = (ended: Ended) => [...new Set(ranSteps(ended).map((id) => id.replace(/\[.*/, '')))].sort();

test('the first run does every step and leaves tables, a report and a record', async () => {
  const ended = await run();
  const { ran, cached, failed } = summaryOf(ended);
  assert.equal({ ran, cached, failed }, { ran: ranSteps(ended).length, cached: 0, failed: 0 });
  const expected = [
    'cosine',
    'energy',
    'energy-table',
    'figures',
    'init',
    'overlap',
    'overlap-table',
    'perturb',
    'random-basis',
  ];
  assert.equal(kinds(ended), [...expected, 'report', 'svd', 'tables']);
  for (const file of ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv', 'report.html', 'run.json']) {
    assert.ok(statSync(result(file)).size > 0, file);
  }
  const record = JSON.parse(readFileSync(result('run.json'), 'utf8'));
  assert.is(record.outcome, 'done');
  assert.is(record.steps.length, ran);
  for (const { id, status, key } of record.steps) {
    assert.is(status, 'ran', id);
    assert.match(key, /^sha256:[0-9a-f]{64}$/);
  }
  assert.is(typeof record.device.deviceClass, 'string');
  assert.ok(Date.parse(record.finished) >= Date.parse(record.started));
});

test('the second run opens no device and leaves the files of the results alone', async () => {
  const before = statSync(result('energy.csv'));
  const ended = await run();
  assert.is(summaryOf(ended).ran, 0);
  assert.not.ok(ended.events.some(({ type }) => type === 'device'));
  const { ino, mtimeMs } = statSync(result('energy.csv'));
  assert.equal([ino, mtimeMs], [before.ino, before.mtimeMs]);
});

test('the plan says beforehand what an edit runs, and why', async () => {
  await sandbox.write('small.yaml', smallWorkflow.replace('seed: 3', 'seed: 30'));
  const planned = await runflow('plan', 'small.yaml', '--json', '--exit-code');
  assert.is(planned.status, 4);
  const plan: { steps: { id: string; status: string; reason: string }[]; counts: { cached: number; run: number } } =
    JSON.parse(planned.stdout);
  assert.is(plan.counts.cached + plan.counts.run, plan.steps.length);
  const reasons = new Map(plan.steps.map(({ id, reason }) => [id, reason]));
  assert.is(reasons.get('perturb[useful]'), 'seed 3 → 30, models.useful line 8');
  assert.is(reasons.get('perturb[aligned]'), 'unchanged');
  assert.match(
    reasons.get('energy-table')!,
    /^input: energy\[.*\], from perturb\[useful\] runs first: seed 3 → 30, models\.useful line 8$/,
  );
  const ran = ranSteps(await run());
  const toRun = plan.steps.filter(({ status }) => status === 'run').map(({ id }) => id);
  assert.equal(ran.toSorted(), toRun.toSorted());
  await sandbox.write('small.yaml', smallWorkflow);
  assert.is((await runflow('plan', 'small.yaml', '--exit-code')).status, 0);
});

test('--force=STEP runs what matches, and the same bytes stop it there; --force runs everything', async () => {
  const one = await run('--force=svd[alignment,*q_proj*]');
  assert.equal(ranSteps(one), ['svd[alignment,model.layers.0.self_attn.q_proj.weight]']);
  const started = one.events.find((event) => event.type === 'step-started');
  assert.is(started?.type === 'step-started' && started.reason, 'forced');
  const all = summaryOf(await run('--force'));
  assert.is(all.cached, 0);
  assert.is((await runflow('run', 'small.yaml', '--force=nothing*')).status, 2);
});

test('targets run what they need and publish what is whole', async () => {
  const other = sandbox.withStore(sandbox.path('other-store'));
  const out = ['--out', 'of-targets'];
  const single = await other.run(['small.yaml', 'overlap[*,*q_proj.weight]', ...out]);
  assert.equal(kinds(single), ['init', 'overlap', 'perturb', 'svd']);
  assert.is(summaryOf(single).ran, 3 + 2 + 1);
  const published = single.events.flatMap((event) => (event.type === 'result' ? [event.file] : []));
  assert.equal(published, [sandbox.path('of-targets/timeline.json')]);
  assert.ok(existsSync(sandbox.path('of-targets/run.json')));
  const table = await other.run(['small.yaml', 'overlap-table', ...out]);
  assert.is(summaryOf(table).cached, 6);
  assert.ok(existsSync(sandbox.path('of-targets/overlap.csv')));
  assert.not.ok(existsSync(sandbox.path('of-targets/report.html')));
  const unknown = await runflow('run', 'small.yaml', 'overlap-tabel');
  assert.is(unknown.status, 2);
  assert.match(unknown.stderr, /Did you mean overlap-table\?/);
});

test('results that were deleted or scribbled on come back without a step', async () => {
  rmSync(result('overlap.csv'));
  await sandbox.write('results/small/energy.csv', 'scribbled');
  const ended = await run();
  assert.is(summaryOf(ended).ran, 0);
  const changed = ended.events.flatMap((event) => (event.type === 'result' && event.changed ? [event.file] : []));
  assert.equal(changed, [result('energy.csv'), result('overlap.csv')]);
});

test('--dry-run only plans; --set and --semantics change the plan', async () => {
  const dry = await runflow('run', 'small.yaml', '--dry-run', '--set', 'models.base.seed=9');
  assert.is(dry.status, 0);
  assert.match(dry.stdout, /^small: \d+ steps, \d+ cached, \d+ to run\n/);
  assert.match(dry.stdout, /seed 1 → 9, models\.base by --set/);
  const reference = await runflow('plan', 'small.yaml', '--semantics', 'reference', '--json');
  assert.ok(JSON.parse(reference.stdout).counts.run > 0);
  assert.is(summaryOf(await run()).ran, 0);
});

test('explain says what goes into a step, graph draws the steps', async () => {
  const { status, stdout } = await runflow('explain', 'small.yaml', 'svd[alignment,*q_proj*]');
  assert.is(status, 0);
  assert.match(stdout, /^svd\[alignment,model\.layers\.0\.self_attn\.q_proj\.weight\]: cached\n/);
  assert.match(stdout, /input {9}from: tensor\/model\.layers\.0\.self_attn\.q_proj\.weight of init\[base\] \(sha256:/);
  assert.is((await runflow('explain', 'small.yaml', 'svdd')).status, 2);
  assert.match((await runflow('graph', 'small.yaml')).stdout, /^flowchart LR\n {2}n1\[/);
  assert.match((await runflow('graph', 'small.yaml', '--format', 'dot', '--steps')).stdout, /"svd\[alignment,model/);
  assert.is((await runflow('graph', 'small.yaml', '--format', 'png')).status, 2);
});

test('the plan fits a screen and names every group of steps once', async () => {
  const { stdout } = await runflow('plan', 'small.yaml', '--set', 'models.aligned.decay=0.6');
  const lines = stdout.trimEnd().split('\n');
  assert.ok(lines.length < 30, stdout);
  assert.is(lines.filter((line) => /^ {2}SVD of alignment /.test(line)).length, 1);
  assert.match(stdout, /decay 0\.7 → 0\.6, models\.aligned/);
});

test.run();
