// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, ranSteps, Sandbox, summaryOf } from '../sandbox.js';

const study = `runflow: 1
name: study
profile: falling
seed: 1
params: { norm: 0.02, decay: 0.7 }
matrix:
  profile: [falling, flat]
  seed: [1, 2, 3]
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
  inside: { project: [alignment, useful], onto: top-k, mode: parallel, fractions: [0.25, 0.5], measure: [energy] }
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.5] }
claims:
  above: { kind: above-baseline, metric: overlap }
`;

const test = suite<{ sandbox: Sandbox }>('joined report');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('study.yaml', study);
});
test.after.each(({ sandbox }) => sandbox.remove());

const folder = 'results/study@matrix';
const isJoined = (id: string) => /joined|pooled|claims-of-family/.test(id);

test('a study has a front page, figures and tables of all cells, with the spread over its seeds', async ({
  sandbox,
}) => {
  const ran = await sandbox.run(['study.yaml']);
  assert.is(summaryOf(ran).report, sandbox.path(folder, 'report.html'));
  const file = (...names: string[]) => sandbox.path(folder, ...names);
  assert.equal(readdirSync(file('figures')).sort(), [
    'claims.svg',
    'energy-by-tensor.svg',
    'energy.svg',
    'overlap-by-tensor.svg',
    'overlap.svg',
  ]);
  const { document } = parseHTML(readFileSync(file('report.html'), 'utf8'));
  const links = [...document.querySelectorAll('#cells a')].map((link) => link.getAttribute('href')!);
  assert.is(links.length, 6);
  for (const link of links) assert.ok(existsSync(file(decodeURIComponent(link))), link);
  assert.is(document.querySelectorAll('#summary table tbody tr').length, 1 + 6, 'verdicts over all cells, and in each');
  const titles = [...document.querySelectorAll('#figure-energy h4')].map((title) => title.textContent!);
  assert.equal(titles, [
    'profile=falling: Update alignment, parallel',
    'profile=flat: Update alignment, parallel',
    'profile=falling: Update useful, parallel',
    'profile=flat: Update useful, parallel',
  ]);
  assert.match(document.querySelector('#run')!.textContent!, 'runflow run study.yaml');

  const claims = readFileSync(file('tables/claims.md'), 'utf8').trim().split('\n').slice(4);
  const cells = ['falling', 'flat'].flatMap((profile) => [1, 2, 3].map((seed) => `| above | ${profile} | ${seed} |`));
  assert.is(claims.length, 1 + 6);
  assert.match(claims[0]!, /^\| above \| all cells \| {2}\| \w[\w ]+ \| above 0 \|.*over 6 cells/);
  for (const [index, start] of cells.entries()) assert.ok(claims[index + 1]!.startsWith(start), claims[index + 1]);
  const verdicts = [...document.querySelectorAll('#summary table tbody tr')].map((row) => row.children[1]!.textContent);
  for (const [index, verdict] of verdicts.entries())
    assert.ok(verdict.endsWith(claims[index]!.split(' | ')[3]!), verdict);

  const table = readFileSync(file('tables/energy.md'), 'utf8').split('\n');
  const row = (start: string) => table.find((line) => line.startsWith(start))!;
  assert.match(row('| profile |'), /^\| profile \| update \| projection \| subspace \|/);
  // The alignment is the same whatever the seed: it is no mean of three.
  assert.match(row('| falling | alignment |'), /\| \d\.\d+ \| \d\.\d+ \|$/);
  assert.match(row('| falling | useful |'), /\| \d\.\d+ ± [\d.]+(| × 10\S+) \(3\) \|$/);
  const energies = readFileSync(file('energy.csv'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('falling,'));
  const useful = energies.flatMap((line) => (line.includes(',useful,') && line.includes(',0.5,') ? [Number(line.split(',')[8])] : [])); // biome-ignore format: one line
  assert.is(useful.length, 3);
  const mean = useful.reduce((sum, value) => sum + value, 0) / 3;
  assert.match(row('| falling | useful |'), `${mean.toFixed(3)} ±`);
});

test('a second run has nothing to do, and another value runs its cells and what is joined', async ({ sandbox }) => {
  await sandbox.run(['study.yaml']);
  assert.equal(ranSteps(await sandbox.run(['study.yaml'])), []);
  const again = ranSteps(await sandbox.run(['study.yaml', '--matrix', 'seed=1,2,4']));
  const ofCells = again.filter((id) => !isJoined(id));
  assert.ok(ofCells.length > 0 && ofCells.every((id) => id.includes('seed=4')), ofCells.join('\n'));
  for (const id of ['joined-report', 'joined-figures', 'joined-tables']) assert.ok(again.includes(id), id);
  assert.ok(again.includes('profile=flat/pooled[energy-table]'), again.filter(isJoined).join('\n'));
});

test('figures and tables of all cells are written from what is there, those of one cell where it is chosen', async ({
  sandbox,
}) => {
  const early = await sandbox.runflow(['table', 'study.yaml', 'energy']);
  assertOneScreen(early, 2);
  assert.match(early.stderr, /energy\.csv of profile=falling is not made yet/);
  await sandbox.run(['study.yaml']);
  const printed = await sandbox.runflow(['table', 'study.yaml', 'energy']);
  assert.is(printed.stdout, readFileSync(sandbox.path(folder, 'tables/energy.md'), 'utf8'));
  const judged = await sandbox.runflow(['table', 'study.yaml', 'claims']);
  assert.is(judged.stdout, readFileSync(sandbox.path(folder, 'tables/claims.md'), 'utf8'));
  const drawn = await sandbox.runflow(['figures', 'study.yaml', 'energy', '--to', 'paper']);
  assert.is(drawn.status, 0, drawn.stderr);
  assert.is(
    readFileSync(sandbox.path('paper/energy.svg'), 'utf8'),
    readFileSync(sandbox.path(folder, 'figures/energy.svg'), 'utf8'),
  );
  const cell = ['--matrix', 'profile=flat', '--matrix', 'seed=2'];
  const alone = await sandbox.runflow(['table', 'study.yaml', 'energy', ...cell]);
  assert.is(alone.stdout, readFileSync(sandbox.path(folder, 'cells/profile=flat,seed=2/tables/energy.md'), 'utf8'));
});

test('a study can be looked back at, with its joined steps', async ({ sandbox }) => {
  await sandbox.run(['study.yaml']);
  await sandbox.run(['study.yaml', '--matrix', 'seed=1,2']);
  const shown = await sandbox.runflow(['show', 'last']);
  assert.is(shown.status, 0, shown.stderr);
  const difference = await sandbox.runflow(['diff', 'last~1']);
  assert.ok([0, 1].includes(difference.status ?? -1), difference.stderr);
  const estimate = await sandbox.runflow(['plan', 'study.yaml', '--estimate', '--device', 'RTX 4090']);
  assert.is(estimate.status, 0, estimate.stderr);
});

test.run();
