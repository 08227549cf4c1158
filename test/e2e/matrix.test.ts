// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import { parseHTML } from 'linkedom';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimColumns } from '../../src/report/tables/claims.js';
import { readTable } from '../../src/report/tables/csv.js';
import { energyColumns } from '../../src/report/tables/energy.js';
import type { PlanDescription } from '../../src/run/plan.js';
import { assertOneScreen, ranSteps, Sandbox, summaryOf } from '../sandbox.js';

const study = `runflow: 1
name: study
profile: falling
seed: 1
params: { norm: 0.02, decay: 0.7 }
matrix:
  profile: [falling, flat]
  params.norm: [0.02, 4e-2]
  seed: [1, 2]
profiles:
  falling: { params: { decay: 0.7 } }
  flat: { params: { decay: 1 } }
models:
  base:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }
    seed: 1
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: "\${params.decay}" }
  useful: { perturb: aligned, seed: "\${seed}", norm: "\${params.norm}", decay: 0.8 }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
subspaces:
  top-k: { kind: top-k, of: alignment }
sweeps:
  inside: { project: useful, onto: top-k, mode: parallel, fractions: [0.5], measure: [energy] }
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.5] }
claims:
  above: { kind: above-baseline, metric: overlap }
`;

const test = suite<{ sandbox: Sandbox }>('matrix');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('study.yaml', study);
});
test.after.each(({ sandbox }) => sandbox.remove());

/** Ids of steps without the cell in front. */
const kindsOf = (ids: readonly string[], kind: string) =>
  ids.filter((id) => id.replace(/^[^[]*\//, '').startsWith(kind));
/** Whether a step is of all cells together, or of the seeds of some. */
const isJoined = (id: string) => /^joined[[-]|pooled\[|claims-of-family$/.test(id);
const folder = 'results/study@matrix';
const labels = ['falling', 'flat'].flatMap((profile) =>
  ['0.02', '4e-2'].flatMap((norm) => [1, 2].map((seed) => `profile=${profile},norm=${norm},seed=${seed}`)),
);

test('a study runs what cells share once, joins their tables, and has nothing left to do; another value runs its cells', async ({
  sandbox,
}) => {
  const first = await sandbox.run(['study.yaml']);
  const ran = ranSteps(first);
  assert.is(new Set(ran).size, ran.length);
  assert.equal(kindsOf(ran, 'init'), ['init[base]']);
  assert.equal(kindsOf(ran, 'perturb[aligned]').sort(), [
    'profile=falling/perturb[aligned]',
    'profile=flat/perturb[aligned]',
  ]);
  assert.is(kindsOf(ran, 'perturb[useful]').length, 8);
  const tensors = kindsOf(ran, 'svd[alignment,').length / 2;
  assert.is(kindsOf(ran, 'svd[useful,').length, 8 * tensors);
  const started = first.events.find((event) => event.type === 'run-started');
  assert.equal(started?.type === 'run-started' && started.cells, labels);

  const file = (...names: string[]) => sandbox.path(folder, ...names);
  assert.equal(readdirSync(file('cells')).sort(), [...labels].sort());
  const csv = readFileSync(file('energy.csv'), 'utf8');
  assert.match(csv, /^profile,norm,cell_seed,update,subspace,seed,/);
  const rows = csv.trim().split('\n').slice(1);
  assert.is(rows.length, 8);
  assert.ok(rows[2]!.startsWith('falling,4e-2,1,useful,top-k,,'), rows[2]!);
  const buffer = readFileSync(file('energy.parquet'));
  const bytes = buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  const read = await parquetReadObjects({ file: bytes });
  const energies = readTable(csv, energyColumns);
  assert.equal(
    read.map((row) => [row.profile, row.norm, row.cell_seed, row.seed, row.energy_kept]),
    [
      ...energies.map((row, index) => {
        const [profile, norm, seed] = rows[index]!.split(',');
        return [profile, Number(norm), Number(seed), null, row.energy_kept];
      }),
    ],
  );

  const claims = readTable(readFileSync(file('claims.csv'), 'utf8'), claimColumns);
  const whole = claims.filter((row) => row.case === '');
  assert.is(whole.length, 9, 'over all cells, and in each');
  assert.match(whole[0]!.note, /^over 8 cells; the intervals are right for all of them together/);
  assert.match(readFileSync(file('claims.csv'), 'utf8').split('\n')[1]!, /^,,,above,/);

  const record = JSON.parse(readFileSync(file('run.json'), 'utf8'));
  assert.equal(
    record.workflow.cells.map((cell: { cell: string }) => cell.cell),
    labels,
  );
  assert.equal(record.workflow.cells[0].coordinates, { profile: 'falling', norm: '0.02', seed: '1' });
  assert.is(record.steps.find(({ id }: { id: string }) => id === 'profile=flat/perturb[aligned]').cell, 'profile=flat');

  assert.equal(ranSteps(await sandbox.run(['study.yaml'])), []);

  const other = await sandbox.run(['study.yaml', '--matrix', 'params.norm=0.02,0.06']);
  const again = ranSteps(other);
  assert.is(kindsOf(again, 'perturb').length, 4);
  const ofCells = again.filter((id) => !isJoined(id));
  assert.ok(ofCells.length > 0 && ofCells.every((id) => id.includes('norm=0.06')), ofCells.join('\n'));
  assert.ok(existsSync(file('cells', 'profile=flat,norm=0.06,seed=2', 'energy.csv')));
  assert.not(existsSync(file('cells', 'profile=flat,norm=4e-2,seed=2', 'energy.csv')));
  assert.ok(existsSync(file('previous', 'cells', 'profile=flat,norm=4e-2,seed=2', 'energy.csv')));
  assert.ok(existsSync(file('previous', 'energy.csv')), 'the table of other cells');
  assert.not.match(readFileSync(file('energy.csv'), 'utf8'), /4e-2/);
});

test('the command on the page of a cell makes that cell again, and leaves its page where it is', async ({
  sandbox,
}) => {
  await sandbox.run(['study.yaml', '--matrix', 'seed=1']);
  const label = 'profile=flat,norm=4e-2,seed=1';
  const other = 'profile=falling,norm=4e-2,seed=1';
  const file = (...names: string[]) => sandbox.path(folder, ...names);
  const { document } = parseHTML(readFileSync(file('cells', label, 'report.html'), 'utf8'));
  const command = [...document.querySelectorAll('pre code')].map(({ textContent }) => textContent);
  const line = command.find((text) => text.startsWith('runflow run '))!;
  // The words are those that a shell makes of it.
  const words = spawnSync('sh', ['-c', `set -- ${line}; printf '%s\\0' "$@"`], { encoding: 'utf8' }).stdout;
  const again = await sandbox.run(words.split('\0').slice(2, -1));
  const started = again.events.find((event) => event.type === 'run-started');
  assert.equal(started?.type === 'run-started' && started.cells, [label]);
  const ran = ranSteps(again).filter((id) => !isJoined(id));
  assert.equal(ran, [], 'all of the cell is done already');

  const { results, foreign } = JSON.parse(readFileSync(file('run.json'), 'utf8'));
  const moved = readdirSync(file('previous', 'cells'));
  assert.not.ok(moved.includes(label), 'the cell is as it was');
  assert.ok(moved.includes(other));
  assert.ok(existsSync(file('cells', label, 'report.html')));
  assert.equal(foreign, [], 'folders that were emptied are gone');
  assert.not.ok(existsSync(file('cells', other)));
  const page = results.find((result: { file: string }) => result.file === `cells/${label}/report.html`);
  assert.is(page.current, true);
});

test('git is asked once, however many cells there are, and a run with nothing to do writes no page into the store', async ({
  sandbox,
}) => {
  mkdirSync(sandbox.path('bin'));
  const log = sandbox.path('git.log');
  writeFileSync(sandbox.path('bin', 'git'), `#!/bin/sh\necho "$@" >> '${log}'\nexit 1\n`, { mode: 0o755 });
  const environment = { PATH: `${sandbox.path('bin')}:${process.env.PATH}` };
  const few = ['study.yaml', '--matrix', 'params.norm=0.02'];
  await sandbox.run(few, environment);
  const asked = readFileSync(log, 'utf8').trim().split('\n');
  assert.is(asked.filter((line) => line.includes('rev-parse')).length, 1);

  const { results } = JSON.parse(readFileSync(sandbox.path(folder, 'run.json'), 'utf8'));
  const pages = (results as { file: string; step: string; digest: string; source?: string }[])
    .filter(({ step, source }) => step === 'run' || source !== undefined)
    .map(({ digest }) => sandbox.path('store', 'objects', 'sha256', digest.slice(7, 9), digest.slice(7)));
  assert.is(pages.length, 6, 'a page a cell, that of the study, and the timeline');
  const records = () =>
    readdirSync(sandbox.path('store', 'actions'), { recursive: true, encoding: 'utf8' })
      .map((name) => sandbox.path('store', 'actions', name))
      .filter((path) => statSync(path).isFile());
  const written = () => [...pages, ...records()].map((path) => [path, statSync(path).ino, statSync(path).mtimeMs]);
  const before = written();
  assert.is(summaryOf(await sandbox.run(few, environment)).ran, 0);
  assert.equal(written(), before);
});

test('a cell has what a run of its own has, and pandas reads the joined tables in one line', async ({ sandbox }) => {
  await sandbox.run(['study.yaml', '--matrix', 'profile=flat', '--matrix', 'params.norm=0.02', '--matrix', 'seed=1,2']);
  const own = study.replace(/matrix:\n( {2}.*\n)+/, '');
  await sandbox.write('alone.yaml', own.replace('name: study', 'name: alone'));
  const alone = await sandbox.run(['alone.yaml', '--profile', 'flat', '--set', 'seed=2']);
  assert.equal(kindsOf(ranSteps(alone), 'perturb'), [], 'the store knows its models');
  for (const name of ['energy.csv', 'overlap.csv', 'claims.csv']) {
    const cell = readFileSync(sandbox.path(folder, 'cells/profile=flat,norm=0.02,seed=2', name), 'utf8');
    assert.is(cell, readFileSync(sandbox.path('results/alone@flat,seed=2', name), 'utf8'), name);
  }
  const code = `import pandas; table = pandas.read_csv('${sandbox.path(folder)}/energy.csv'); print(len(table), table.dtypes['norm'], table['seed'].isna().all(), list(table['cell_seed']))`;
  const python = spawnSync('/usr/bin/python3', ['-c', code], { encoding: 'utf8' });
  if (python.error !== undefined || /No module named 'pandas'/.test(python.stderr)) {
    console.log('pandas is not installed: reading the joined table with it is left out');
  } else assert.is(python.stdout.trim(), '2 float64 True [1, 2]', python.stderr);
});

test('commands name cells, and one that takes a single cell says how to choose it', async ({ sandbox }) => {
  const plan = await sandbox.runflow(['plan', 'study.yaml', 'seed=1/useful', '--json']);
  const { steps } = JSON.parse(plan.stdout) as PlanDescription;
  assert.ok(steps.some(({ id, cell }) => id === 'profile=flat,norm=0.02,seed=1/perturb[useful]' && cell !== undefined));
  assert.not(steps.some(({ id }) => id.includes('seed=2')));
  const validated = await sandbox.runflow(['validate', 'study.yaml']);
  assert.match(validated.stdout, /valid, a matrix of 8 cells over profile, params\.norm, seed/);
  const graph = await sandbox.runflow([
    'graph',
    'study.yaml',
    '--steps',
    '--matrix',
    'seed=1',
    '--matrix',
    'profile=flat',
  ]);
  assert.match(graph.stdout, /profile=flat,norm=0\.02,seed=1\/perturb\[useful\]/);
  const explained = await sandbox.runflow(['explain', 'study.yaml', 'profile=flat/perturb[aligned]']);
  assert.match(explained.stdout, /^profile=flat\/perturb\[aligned\]: will run/);
  const refused = await sandbox.runflow(['export', 'study.yaml', 'useful', '--to', 'x']);
  assertOneScreen(refused, 2);
  assert.match(refused.stderr, /a matrix of 8 cells, and one is wanted/);
  assert.match(refused.stderr, /--matrix profile=falling --matrix params\.norm=0\.02 --matrix seed=1/);
  const choice = ['--matrix', 'profile=flat', '--matrix', 'params.norm=0.02', '--matrix', 'seed=2'];
  assert.is((await sandbox.runflow(['export', 'study.yaml', 'useful', '--to', 'x', ...choice])).status, 0);
  assert.ok(existsSync(sandbox.path('x/config.json')));
  const runs = JSON.parse((await sandbox.runflow(['runs', '--json'])).stdout);
  assert.ok(JSON.stringify(runs).length > 0);
});

test('a target of a study makes the tables that it feeds, and says so of the rest', async ({ sandbox }) => {
  const ended = await sandbox.run(['study.yaml', 'seed=1/overlap', '--matrix', 'profile=flat']);
  assert.ok(ranSteps(ended).every((id) => !id.includes('seed=2')));
  assert.is(summaryOf(ended).failed, 0);
  assert.ok(existsSync(sandbox.path(folder, 'cells/profile=flat,norm=0.02,seed=1/overlap.csv')));
  assert.not(existsSync(sandbox.path(folder, 'overlap.csv')));
});

test.run();
