import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodes } from '../../src/diagnostics/exit-codes.js';
import { Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** What other people's scripts read. A change here breaks them: add, never rename, reorder or take away. */
const test = suite('interfaces that scripts read');
let sandbox: Sandbox;
test.before(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('small.yaml', smallWorkflow);
});
test.after(() => sandbox.remove());

test('exit codes', () => {
  assert.equal(exitCodes, { done: 0, stepFailed: 1, invalid: 2, environment: 3, interrupted: 130 });
});

test('plan --json is one object with steps and counts; run --dry-run --json is the same', async () => {
  const { stdout, status } = await sandbox.runflow(['plan', 'small.yaml', '--json']);
  assert.is(status, 0);
  assert.is(stdout.trimEnd().split('\n').length, 1);
  const { steps, counts } = JSON.parse(stdout);
  for (const step of steps) assert.equal(Object.keys(step), ['id', 'kind', 'status', 'reason']);
  assert.equal(counts, { cached: 0, run: steps.length });
  assert.equal([...new Set(steps.map((step: { status: string }) => step.status))], ['run']);
  assert.is((await sandbox.runflow(['run', 'small.yaml', '--dry-run', '--json'])).stdout, stdout);
  assert.not.ok(readdirSync(sandbox.folder).includes('store'), 'planning leaves no trace');
});

test('run --json is one event a line, the last a summary', async () => {
  const ended = await sandbox.run(['small.yaml']);
  assert.is(ended.stderr, '');
  assert.is(ended.events.filter(({ type }) => type === 'summary').length, 1);
  const { ran, cached, failed, interrupted } = summaryOf(ended);
  assert.ok(ran > 0);
  assert.equal([cached, failed, interrupted], [0, 0, false]);
});

test('results are these files, with these columns', () => {
  const folder = sandbox.path('results/small');
  assert.equal(readdirSync(folder).sort(), [
    'energy-by-tensor.csv',
    'energy.csv',
    'figures',
    'overlap.csv',
    'report.html',
    'run.json',
    'tables',
    'timeline.json',
  ]);
  assert.equal(readdirSync(`${folder}/figures`).sort(), [
    'energy-by-tensor.svg',
    'energy.svg',
    'overlap-by-tensor.svg',
    'overlap.svg',
  ]);
  const header = (file: string) => readFileSync(`${folder}/${file}`, 'utf8').split('\n', 1)[0];
  assert.is(
    header('energy.csv'),
    'update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,update_energy,cosine_projected,cosine_alignment,rank',
  );
  assert.is(
    header('energy-by-tensor.csv'),
    'update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,tensor,rank,rank_max,update_energy,cosine_projected,cosine_alignment,rank_asked',
  );
  assert.is(header('overlap.csv'), 'pair,tensor,energy,k_a,k_b,d,overlap,baseline');
  const record = JSON.parse(readFileSync(`${folder}/run.json`, 'utf8'));
  for (const key of ['run', 'outcome', 'started', 'finished', 'seconds', 'versions', 'device', 'workflow', 'steps']) {
    assert.ok(key in record, key);
  }
});

test('another store gives the same results to the last byte', async () => {
  await sandbox.withStore(sandbox.path('other-store')).run(['small.yaml', '--out', 'other']);
  for (const file of ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv', 'figures/energy.svg', 'tables/energy.tex']) {
    assert.equal(readFileSync(sandbox.path('other', file)), readFileSync(sandbox.path('results/small', file)), file);
  }
  // The page in the folder also tells of its run: of the step's own page the record has the digest.
  const page = (folder: string) => {
    const { results } = JSON.parse(readFileSync(sandbox.path(folder, 'run.json'), 'utf8'));
    return results.find(({ file }: { file: string }) => file === 'report.html').source;
  };
  assert.match(page('other'), /^sha256:/);
  assert.is(page('other'), page('results/small'));
});

test.run();
