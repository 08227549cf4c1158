// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { cellChoice, choiceOf } from '../../../src/workflow/cell-choice.js';
import { definitionText } from '../../../src/workflow/definition.js';
import { type LoadOptions, loadStudy, loadWorkflow } from '../../../src/workflow/load.js';
import type { Study } from '../../../src/workflow/study.js';
import { workflowOfDocument, writtenDocument } from '../../../src/workflow/written.js';
import { memoryFiles } from './memory-files.js';

const body = `runflow: 1
name: study
params: { lr: 1e-3, unused: 1 }
seed: 0
models:
  a: { path: a }
  b: { perturb: a, seed: 1, norm: "\${params.lr}", decay: 0.7 }
  c: { perturb: a, seed: "\${seed}", norm: 0.5, decay: 0.7 }
updates: { u: { from: a, to: b }, v: { from: a, to: c } }
metrics: { overlap: { kind: mso, pairs: [[u, v]], energies: [0.5] } }
profiles:
  small: { models: { a: { path: small } } }
  large: { models: { a: { path: large } } }
`;
const texts = (matrix: string) => ({ 'lab/main.yaml': `${body}${matrix === '' ? '' : `matrix:\n${matrix}`}` });

async function study(matrix: string, options: LoadOptions = {}): Promise<Study> {
  const loaded = await loadStudy('lab/main.yaml', options, memoryFiles(texts(matrix)));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.value;
}

async function problems(matrix: string, options: LoadOptions = {}): Promise<string[]> {
  const loaded = await loadStudy('lab/main.yaml', options, memoryFiles(texts(matrix)));
  assert.not(loaded.ok, 'the matrix is accepted');
  return loaded.ok
    ? []
    : loaded.diagnostics.map(({ range, message }) => `${range?.file}:${range?.start.line}: ${message}`);
}

const labels = ({ cells }: Study) => cells.map(({ label }) => label);

test('without a matrix a workflow is a study of one cell without coordinates', async () => {
  const { axes, cells, name } = await study('');
  assert.is(name, 'study');
  assert.equal(axes, []);
  assert.equal(labels({ cells } as Study), ['']);
});

test('a cell is the workflow with the profile and the values of one combination', async () => {
  const { axes, cells } = await study('  profile: [small, large]\n  params.lr: [1e-5, 0.3]\n  seed: [1, 2]\n');
  assert.equal(
    axes.map(({ name }) => name),
    ['profile', 'lr', 'seed'],
  );
  assert.is(cells.length, 8);
  assert.is(cells[0]!.label, 'profile=small,lr=1e-5,seed=1');
  const last = cells[7]!;
  assert.is(last.label, 'profile=large,lr=0.3,seed=2');
  assert.equal(last.values, [
    { value: 'large', written: 'large' },
    { value: 0.3, written: '0.3' },
    { value: 2, written: '2' },
  ]);
  const { a, b } = Object.fromEntries(last.workflow.models);
  assert.match((a as { path: string }).path, /large$/);
  assert.is((b as { norm: number }).norm, 0.3);
  assert.is(last.workflow.seed, 2);
  assert.is(last.workflow.profile, 'large');
});

test('patterns of some axes exclude, and a listed cell comes back with what it has besides', async () => {
  const found = await study(
    '  profile: [small, large]\n  params.lr: [1e-5, 0.3]\n  exclude: [{ profile: large }]\n  include: [{ profile: large, params.lr: 0.3, models.c.norm: 0.7 }]\n',
  );
  assert.equal(labels(found), ['profile=small,lr=1e-5', 'profile=small,lr=0.3', 'profile=large,lr=0.3,norm=0.7']);
  assert.equal(found.cells[0]!.values[2], { value: 0.5, written: '0.5' }, "the workflow's own value");
});

test('a named cell is called by its name, be it a combination or one besides', async () => {
  const found = await study('  seed: [1, 2]\n  cells: { paper: { seed: 2 }, other: { seed: 3, params.lr: 0.7 } }\n');
  assert.equal(labels(found), ['seed=1', 'paper', 'other']);
  assert.equal(
    [...found.cells[2]!.coordinates],
    [
      ['seed', '3'],
      ['lr', '0.7'],
    ],
  );
});

test('an axis on the command line replaces that of the file, with its exclusions', async () => {
  const matrix =
    '  profile: [small, large]\n  seed: [1, 2]\n  exclude: [{ profile: large, seed: 2 }]\n  include: [{ profile: large, seed: 9 }]\n';
  assert.equal(labels(await study(matrix, { matrix: ['profile=small'] })), [
    'profile=small,seed=1',
    'profile=small,seed=2',
  ]);
  assert.equal(labels(await study(matrix, { matrix: ['profile=large', 'seed=[2, 9]'] })), ['profile=large,seed=9']);
  assert.equal(labels(await study('', { matrix: ['params.lr=1e-5,3e-5'] })), ['lr=1e-5', 'lr=3e-5']);
  assert.equal(labels(await study('  cells: { x: { seed: 1 }, y: { seed: 2 } }\n', { matrix: ['cell=y'] })), ['y']);
});

test('two axes of one last word go by their whole path, and odd characters become _', async () => {
  const found = await study('  models.b.norm: [1]\n  models.c.norm: [2]\n  report.title: [a/b c]\n');
  assert.equal(labels(found), ['models.b.norm=1,models.c.norm=2,title=a_b_c']);
});

test('a matrix composes: an include, the workflow and a profile each replace an axis whole', async () => {
  const files = {
    'lab/main.yaml': `${body}include: [lab.yaml]\nmatrix: { seed: [1, 2] }\n`,
    'lab/lab.yaml': 'runflow: 1\nmatrix: { seed: [7], params.lr: [0.1] }\n',
    'lab/profiles/more.yaml': 'runflow: 1\nmatrix: { seed: [5] }\n',
  };
  const load = async (options: LoadOptions) => {
    const loaded = await loadStudy('lab/main.yaml', options, memoryFiles(files));
    return loaded.ok ? labels(loaded.value) : loaded.diagnostics.map(({ message }) => message);
  };
  assert.equal(await load({}), ['seed=1,lr=0.1', 'seed=2,lr=0.1']);
  assert.equal(await load({ profile: 'more' }), ['seed=5,lr=0.1']);
  assert.equal(await load({ matrix: ['profile=more,small'] }), [
    'the profile more changes the matrix whose cell it makes',
  ]);
});

test('what a matrix gets wrong is told with its place', async () => {
  const cases: readonly (readonly [matrix: string, expected: string])[] = [
    ['  seed: 1\n', '15: the axis seed must be a list of values'],
    ['  seed: []\n', '15: the axis seed must be a list of values'],
    ['  seed: [1, 1.0]\n', '15: the axis seed has 1.0 twice'],
    ['  seed: [[1]]\n', '15: a value of the axis seed must be a text, a number, true or false, not a list'],
    ['  seed: [{ a: 1 }]\n', '15: a value of the axis seed must be a text, a number, true or false, not a mapping'],
    ['  seed: [null]\n', '15: a value of the axis seed must be a text, a number, true or false, not empty'],
    ['  seed: [""]\n', '15: a value of the axis seed must be a text, a number, true or false, not an empty text'],
    ['  params.lr: ["${seed}"]\n', '15: a value of the axis params.lr holds a reference'],
    ['  name: [a, b]\n', '15: name cannot be an axis'],
    ['  params.rate: [1, 2]\n', '15: there is no params.rate to set'],
    ['  seed: [x]\n', '15: seed must be a whole number, not "x"'],
    ['  profile: [small, lrage]\n', '15: there is no profile "lrage"'],
    ['  seed: [1]\n  exclude: [{ seed: 3 }]\n', '16: no cell of the matrix has these values: nothing is excluded'],
    ['  seed: [1]\n  exclude: [{ sed: 1 }]\n', '16: sed is no axis of the matrix'],
    ['  seed: [1]\n  include: [{ seed: 1 }]\n', '16: the matrix has this cell already'],
    ['  seed: [1]\n  include: [{ params.lr: 1 }]\n', '16: this cell has no value on the axis seed'],
    ['  seed: [1]\n  exclude: [{ seed: 1 }]\n', '16: no cell of the matrix is left: exclude takes out all of them'],
    ['  params.unused: [1, 2]\n', '15: the axis params.unused changes nothing in this workflow'],
    ['  models.c.norm: [a/b, a_b]\n', '15: two cells would be called norm=a_b'],
    ['  models.c.norm: [0.02, "0.02"]\n', '15: two cells would be called norm=0.02'],
    ['  {}\n', '14: the matrix has neither an axis nor a cell'],
  ];
  for (const [matrix, expected] of cases) {
    const found = await problems(matrix);
    assert.ok(found.includes(`lab/main.yaml:${expected}`), `${matrix}${found.join('\n')}`);
  }
  const many = Array.from({ length: 501 }, (_, index) => index).join(', ');
  assert.match((await problems(`  seed: [${many}]\n`))[0]!, /the matrix has 501 cells; at most 500 are run/);
});

test('cells whose folders differ in the case of letters only are refused at their names or values', async () => {
  assert.equal(await problems('  cells: { a: { seed: 1 }, A: { seed: 2 } }\n'), [
    'lab/main.yaml:15: the cells a and A differ in the case of letters only: on some disks they would share a folder',
  ]);
  const loaded = await loadStudy(
    'lab/main.yaml',
    {},
    memoryFiles(texts('  report.title: [Foo, foo]\n  seed: [1, 2]\n')),
  );
  assert.not(loaded.ok);
  const told = loaded.ok ? '' : renderDiagnostics(loaded.diagnostics);
  assert.match(told, /main\.yaml:15:23: error: the cells title=Foo,seed=1 and title=foo,seed=1 differ in the case/);
  assert.match(told, /main\.yaml:15:18: the other value/);
  assert.match(told, /Keep one of the two values, or name the cells under matrix\.cells\./);
  assert.is(told.match(/ error: /g)!.length, 1, 'two values are told once, not in every cell');
});

test('an axis over seeds that nothing but listed training seeds could use is told once', async () => {
  const text = `runflow: 1
models:
  base: { seed: 3, init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 112 }, tokenizer: { words-of: [asked] } }
  taught: { pretrain: base, on: asked, recipe: brief, seeds: [1, 2] }
datasets: { asked: { synthetic: problems, rows: 8, seed: 3 } }
recipes: { brief: { lr: 1e-3, steps: 2, template: raw } }
metrics: { solved: { kind: exact-match, on: asked, models: taught, template: raw } }
matrix: { seed: [1, 2] }
`;
  const loaded = await loadStudy('lab/main.yaml', {}, memoryFiles({ 'lab/main.yaml': text }));
  assert.equal(loaded.ok ? [] : loaded.diagnostics.map(({ code }) => code), ['seeds-twice']);
});

test('an axis over the training seeds that a model lists is an error, with both places', async () => {
  const trained = (seeds: string, matrix: string) => {
    const more = `  t: { finetune: a, on: rows, recipe: brief, ${seeds} }\n`;
    const parts = 'datasets: { rows: { synthetic: problems, rows: 4 } }\nrecipes: { brief: { lr: "${params.lr}" } }\n';
    const text = body.replace('updates: {', () => `${more}${parts}updates: { w: { from: a, to: t },`);
    return { 'lab/main.yaml': `${text.replace('[[u, v]]', '[[u, v], [w, v]]')}matrix:\n${matrix}` };
  };
  const said = async (seeds: string, matrix: string) => {
    const loaded = await loadStudy('lab/main.yaml', {}, memoryFiles(trained(seeds, matrix)));
    return loaded.ok ? [] : loaded.diagnostics.map((one) => renderDiagnostics([one]));
  };
  const [seed, ...others] = await said('seeds: [1, 2]', '  seed: [1, 2]\n');
  assert.equal(others, []);
  assert.match(
    seed!,
    /main\.yaml:18:\d+: error: the axis seed and the seeds of models\.t are both over training seeds/,
  );
  assert.match(seed!, /main\.yaml:9:\d+: models\.t lists them/);
  const [param] = await said('seeds: [1, "${params.unused}"]', '  params.unused: [3, 4]\n');
  assert.match(param!, /the axis params\.unused and the seeds of models\.t/);
  assert.match((await said('seeds: [1, 2]', '  models.t.seed: [1, 2]\n')).join(), /both a seed and a list of seeds/);
  assert.equal(await said('seeds: [1, 2]', '  params.lr: [1e-3, 2e-3]\n'), []);
  assert.equal(await said('seed: 1', '  seed: [1, 2]\n'), []);
});

test('one thing is said once: by an axis, or by an option', async () => {
  const matrix = '  profile: [small]\n  params.lr: [1]\n';
  assert.match((await problems(matrix, { set: ['params.lr=2'] }))[0]!, /--set params.lr=2 and the axis params.lr/);
  assert.match((await problems(matrix, { set: ['params={ lr: 2 }'] }))[0]!, /the axis params.lr of the matrix/);
  assert.match((await problems('', { matrix: ['seed=1', 'seed=2'] }))[0]!, /--matrix gives the axis seed twice/);
  assert.match((await problems('', { matrix: ['seed'] }))[0]!, /--matrix takes an axis and its values/);
  assert.match((await problems('  cells: { x: { seed: 1 } }\n', { matrix: ['cell=z'] }))[0]!, /no cell is called z/);
});

test('an axis may be a number of a range, and patterns of an update do not count by where they stand', () => {
  const range = { file: 'x', start: { line: 1, column: 1, offset: 0 }, end: { line: 1, column: 1, offset: 0 } };
  const metric = (most: number) => ({ name: 'm', range, judge: { numbers: new Map([['n', { range: [0, most] }]]) } });
  assert.is.not(definitionText(metric(1)), definitionText(metric(2)));
  const update = (line: number) => ({
    name: 'u',
    tensors: [{ text: '*', range: { ...range, start: { ...range.start, line } } }],
  });
  assert.is(definitionText(update(1)), definitionText(update(2)));
});

test('--profile beside an axis profile of the command line is refused', async () => {
  for (const matrix of ['', '  profile: [small, large]\n']) {
    assert.equal(await problems(matrix, { profile: 'small', matrix: ['profile=large'] }), [
      'undefined:undefined: --profile small and --matrix profile=… say the same thing twice',
    ]);
  }
});

test('a setting without a value is no setting of an axis', async () => {
  const said = await problems('  seed: [1, 2]\n', { set: ['seed1'] });
  assert.equal(said, ['--set:1: --set seed1 gives no value']);
});

test('what follows from a first mistake is not told besides', async () => {
  assert.equal(await problems('  name: [a, b]\n'), ['lab/main.yaml:15: name cannot be an axis']);
  assert.equal(await problems('  include: 3\n'), ['lab/main.yaml:15: include must be a list of cells']);
  assert.equal(await problems('  seed: [1]\n  exclude: [{ sed: 1 }]\n'), [
    'lab/main.yaml:16: sed is no axis of the matrix',
  ]);
  assert.equal(await problems('  seed: [1]\n  cells: { x: { params.lr: 1 } }\n', { matrix: ['cell=x'] }), [
    'lab/main.yaml:16: this cell has no value on the axis seed',
  ]);
  assert.equal(await problems('  params.unused: [1, 2]\n  models.t.seed: [1, 2]\n'), [
    'lab/main.yaml:16: there is no models.t to set',
  ]);
});

test('an axis that only listed cells lie on chooses among them', async () => {
  const matrix = '  seed: [1]\n  include: [{ seed: 2, profile: small }, { seed: 3, profile: large }, { seed: 4 }]\n';
  assert.equal(labels(await study(matrix, { matrix: ['profile=small,large'] })), [
    'seed=2,profile=small',
    'seed=3,profile=large',
  ]);
  assert.equal(labels(await study(matrix, { matrix: ['seed=3', 'profile=large'] })), ['seed=3,profile=large']);
  assert.equal(labels(await study(matrix, { profile: 'large' })), ['seed=3,profile=large']);
  assert.equal(await problems(matrix, { matrix: ['profile=wide'] }), [
    '--matrix:1: no cell of the matrix has the value wide on profile',
  ]);
  assert.equal(await problems(matrix, { matrix: ['seed=4', 'profile=large'] }), [
    '--matrix:1: no cell of the matrix has these values together',
  ]);
  assert.equal(await problems(matrix, { matrix: ['params.lr=1'] }), [
    '--matrix:1: the cells that the matrix lists have no value on the axis params.lr',
  ]);
  assert.equal(labels(await study(matrix, { matrix: ['seed=1', 'params.lr=1'] })), ['seed=1,lr=1']);
});

test('the hint of a command that takes one workflow leaves one cell', async () => {
  const matrices = [
    '  seed: [1, 2]\n  params.lr: [1e-3, 2e-3]\n',
    '  seed: [1, 2]\n  include: [{ seed: 1, params.lr: 0.5 }]\n',
    '  include: [{ seed: 1 }, { seed: 2, profile: small }, { seed: 2, profile: large }]\n',
    '  seed: [1, 2]\n  cells: { paper: { seed: 1 } }\n',
    '  report.title: ["a, b", "c\'s #1"]\n',
  ];
  for (const matrix of matrices) {
    const found = await study(matrix);
    const { hint } = cellChoice(found);
    const words = spawnSync('sh', ['-c', `printf '%s\\n' ${hint.slice(hint.indexOf('--matrix'))}`], {
      encoding: 'utf8',
    });
    const options = words.stdout.split('\n').filter((word) => word !== '' && word !== '--matrix');
    assert.is((await study(matrix, { matrix: options })).cells.length, 1, hint);
  }
});

test('an empty section over one of an include is refused', async () => {
  for (const [section, included] of [
    ['matrix', 'matrix: { seed: [1, 2] }'],
    ['claims', 'claims: { c: { kind: above-baseline, metric: overlap } }'],
  ]) {
    const files = {
      'lab/main.yaml': `${body}${section}: {}\ninclude: [lab.yaml]\n`,
      'lab/lab.yaml': `runflow: 1\n${included}\n`,
    };
    const loaded = await loadStudy('lab/main.yaml', {}, memoryFiles(files));
    assert.not(loaded.ok);
    assert.equal(loaded.ok ? [] : loaded.diagnostics.map(({ code, range }) => [code, range?.start.line]), [
      ['empty-section', 14],
    ]);
  }
});

test('what a cell gives is recorded apart from what was typed, and makes the same document again', async () => {
  const files = texts('  models.a.path: ["5"]\n  seed: [1, 2]\n');
  const loaded = await loadStudy('lab/main.yaml', { set: ['params.lr=0.5'] }, memoryFiles(files));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  const { written, document } = loaded.value.cells[1]!.workflow;
  assert.equal(written.set, ['params.lr=0.5']);
  const folder = resolve('lab');
  assert.equal(written.cell, [
    { path: 'models.a.path', value: '5', folder },
    { path: 'seed', value: 2, written: '2', folder },
  ]);
  const workflow = await workflowOfDocument((await writtenDocument(written))!, written.file);
  const { models, seed } = loaded.value.cells[1]!.workflow;
  assert.equal(
    [...workflow!.models.values()].map(({ range: _, ...model }) => model),
    [...models.values()].map(({ range: _, ...model }) => model),
  );
  assert.is(workflow!.seed, seed);
  assert.is(document.seed, 2);
});

test('cells that do the same are told, and run', async () => {
  const loaded = await loadStudy(
    'lab/main.yaml',
    { matrix: ['models.c.norm=0.5,0.6', 'models.b.norm=1e-3,0.6'] },
    memoryFiles(texts('')),
  );
  assert.ok(loaded.ok && loaded.warnings.length === 0);
  const same = await loadStudy(
    'lab/main.yaml',
    {},
    memoryFiles({
      'lab/main.yaml': `${body}matrix: { cells: { x: { seed: 1 }, y: { seed: 1, models.c.norm: 0.5 }, z: { seed: 2, models.c.norm: 3 } } }\n`,
    }),
  );
  assert.ok(same.ok);
  assert.equal(same.ok ? same.warnings.map(({ message }) => message) : [], ['the cells x and y do the same']);
});

test('--profile leaves one cell of an axis of profiles', async () => {
  const found = await study('  profile: [small, large]\n  seed: [1, 2]\n', { profile: 'large' });
  assert.equal(labels(found), ['profile=large,seed=1', 'profile=large,seed=2']);
});

test('one workflow is wanted of a matrix of one cell only', async () => {
  const disk = memoryFiles(texts('  seed: [1, 2]\n'));
  const loaded = await loadWorkflow('lab/main.yaml', {}, disk);
  assert.ok(!loaded.ok && loaded.diagnostics[0]!.message.includes('matrix of 2 cells'));
  const one = await loadWorkflow('lab/main.yaml', { matrix: ['seed=2'] }, disk);
  assert.is(one.ok && one.value.seed, 2);
});

test('the options that choose a cell leave it alone, whatever its values are', async () => {
  const matrix = '  params.lr: [1e-5, 0.3]\n  models.a.path: ["1", "a, b", "[x]", "true", it\'s, "1e-5", plain]\n';
  const all = await study(matrix);
  assert.is(all.cells.length, 14);
  for (const cell of all.cells) {
    const alone = await study(matrix, { matrix: choiceOf(cell, all.axes) });
    assert.equal(labels(alone), [cell.label]);
    // The command line is read in the current folder, which is that of the workflow where the options are taken from a page.
    const [document, again] = [cell, alone.cells[0]!].map(({ workflow }) =>
      JSON.stringify(workflow.document).replaceAll(resolve('lab'), resolve('.')),
    );
    assert.is(again, document);
  }
});

test.run();
