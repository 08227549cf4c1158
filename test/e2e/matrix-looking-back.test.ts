// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';

/** Two runs of a matrix: as it is written, and with an edit of a model that all cells have. */
const study = `runflow: 1
name: study
seed: 1
params: { decay: 0.7 }
matrix:
  profile: [falling, flat]
  seed: [1, 2]
  cells: { named: { profile: flat, seed: 2 } }
profiles:
  falling: { params: { decay: 0.7 } }
  flat: { params: { decay: 1 } }
models:
  base:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }
    seed: 1
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: "\${params.decay}" }
  useful: { perturb: aligned, seed: "\${seed}", norm: 0.02, decay: 0.8 }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.5] }
`;
const labels = ['profile=falling,seed=1', 'profile=falling,seed=2', 'profile=flat,seed=1', 'named'];
const reason = 'decay 0.8 → 0.9, models.useful line 17';

const test = suite('looking back at a matrix');
let sandbox: Sandbox;
let first: ReadonlyMap<string, string>;
let explained: string;
let planned: string;

test.before(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('study.yaml', study);
  await sandbox.run(['study.yaml', '--set', 'metrics.overlap.energies=[0.5, 0.9]', '--tag', 'first']);
  first = filesIn(sandbox.path(resultsFolder()));
  await sandbox.write('study.yaml', study.replace('decay: 0.8', 'decay: 0.9'));
  const settings = ['--set', 'metrics.overlap.energies=[0.5, 0.9]'];
  explained = await output('explain', 'study.yaml', 'perturb[useful]', ...settings);
  planned = await output('plan', 'study.yaml', ...settings);
  await sandbox.run(['study.yaml', ...settings]);
});
test.after(() => sandbox.remove());

const resultsFolder = () => `results/${readdirSync(sandbox.path('results'))[0]!}`;

function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'base64')]));
}

async function output(...argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await sandbox.runflow(argv);
  assert.is(status, 0, stderr);
  return stdout;
}

test('why steps run is told by the edited field, in every cell', () => {
  assert.match(explained, `4 steps: will run: ${reason}\n`);
  for (const label of labels) assert.match(explained, `  ${label}/perturb[useful]\n`);
  assert.match(planned, `4 to run\n      ${reason}\n`);
  assert.not.match(planned, 'parameter decay');
});

test('a step of a cell is told with the definition that asks for it, as it is written', async () => {
  const text = await output('explain', 'study.yaml', 'named/perturb[useful]');
  assert.match(text, 'asked for by  models.useful: { perturb: aligned, seed: "${seed}", norm: 0.02, decay: 0.9 }');
});

test('no line of a plan is longer than a few ids', () => {
  for (const line of planned.split('\n')) assert.ok(line.length < 260, line);
});

test('show names the cells, and of settings those that were typed', async () => {
  const shown = await output('show', 'last');
  assert.match(shown, `  cells     4: ${labels.join('; ')}\n`);
  assert.match(shown, '  settings  --set metrics.overlap.energies=[0.5, 0.9]\n');
  assert.match(shown, /4 perturb|6 perturb/);
  const { settings, cells } = JSON.parse(await output('show', 'last', '--json'));
  assert.equal(settings, ['metrics.overlap.energies=[0.5, 0.9]']);
  assert.equal(cells, labels);
});

test('diff tells the edit, and counts steps of all cells by their kind', async () => {
  const difference = await output('diff', 'first', 'last');
  assert.match(difference, `Parameters\n  ${reason}\n`);
  assert.match(difference, /\d+ changed: 4 perturb, /);
  assert.match(difference, /\d+ svd, \d+ overlap/);
  assert.match(difference, /flat, 1, useful:alignment, /);
});

test('restore writes the folder with those of its cells again, byte for byte', async () => {
  await output('restore', 'first', '--to', 'again');
  assert.equal(filesIn(sandbox.path('again')), first);
  assert.ok(first.has('cells/named/overlap.csv'));
});

test('a step is named by coordinates of its cell, or without them where there is one', async () => {
  const path = await output('path', 'profile=flat,seed=1/overlap-table');
  assert.is(await output('path', 'seed=1,profile=fl*/overlap-table'), path);
  assert.match(await output('path', 'init[base]'), 'tensor/');
  const several = await sandbox.runflow(['path', 'perturb[useful]']);
  assert.is(several.status, 2);
  assert.match(several.stderr, /perturb\[useful\] names 4 steps: /);
  const none = await sandbox.runflow(['path', 'seed=3/overlap-table']);
  assert.is(none.status, 2);
  assert.match(none.stderr, /The cells are .*named \(profile=flat,seed=2\)\. One coordinate names all/);
  // A cell with a name is named by its coordinates, too.
  assert.is(await output('path', 'profile=flat,seed=2/overlap-table'), await output('path', 'named/overlap-table'));
});

test('outputs of a step of a cell are found', async () => {
  await output('get', 'named/overlap-table', '--to', 'table');
  const own = readFileSync(sandbox.path(resultsFolder(), 'cells/named/overlap.csv'), 'utf8');
  assert.is(readFileSync(sandbox.path('table/overlap.csv'), 'utf8'), own);
});

test('what cells put into a field is told with the values of all of them', async () => {
  const settings = ['--set', 'metrics.overlap.energies=[0.5, 0.9]'];
  await sandbox.run([
    'study.yaml',
    ...settings,
    '--matrix',
    'profile=falling,flat',
    '--matrix',
    'seed=2',
    '--tag',
    'third',
  ]);
  const found = JSON.parse(await output('runs', 'study', '--json')).runs as { params: Record<string, string> }[];
  const told = (path: string) => found.map(({ params }) => params[path]);
  assert.equal(told('seed'), ['2', '1, 2', '1, 2']);
  assert.equal(told('models.useful.decay'), ['0.9', '0.9', '0.8']);
  assert.equal(told('profile'), [undefined, undefined, undefined], 'it is the same');
  assert.match(await output('diff', 'last~1', 'third'), /\nParameters\n {2}seed 1, 2 → 2, by the matrix\n\n/);
  assert.match(
    await output('diff', 'last~2', 'last~1'),
    /\nParameters\n {2}decay 0\.8 → 0\.9, models\.useful line 17\n\n/,
  );
  const { params } = JSON.parse(await output('diff', 'first', 'third', '--json'));
  assert.equal(params, [
    { field: 'seed', before: '1, 2', after: '2', option: 'the matrix' },
    { field: 'decay', of: 'models.useful', before: '0.8', after: '0.9', line: 17 },
  ]);
  const { status, stderr } = await sandbox.runflow(['diff', 'third']);
  assert.is(status, 2);
  assert.match(stderr, 'is the newest run itself');
});

test('a matrix of other profiles is told by its profiles', async () => {
  const settings = ['--set', 'metrics.overlap.energies=[0.5, 0.9]', '--matrix', 'seed=2'];
  await sandbox.run(['study.yaml', ...settings, '--matrix', 'profile=flat']);
  const text = await output('diff', 'third', 'last');
  assert.match(text, /\nParameters\n {2}profile falling, flat → flat, by the matrix\n\n/);
});

test.run();
