import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** `runflow figures`: figures of results that are there. */
const test = suite<{ sandbox: Sandbox }>('runflow figures');
test.before(async (context) => {
  context.sandbox = await Sandbox.make();
  await context.sandbox.write('small.yaml', smallWorkflow);
});
test.after(({ sandbox }) => sandbox.remove());

test('before a run it says what to run, and writes nothing', async ({ sandbox }) => {
  const { status, stderr } = await sandbox.runflow(['figures', 'small.yaml', '--to', 'paper']);
  assert.is(status, 2);
  assert.match(stderr, /^error: energy\.csv is not made yet\n {2}Run it first, .*: runflow run small\.yaml\n$/);
  assert.not.ok(existsSync(sandbox.path('paper')));
});

test('it writes the figures of the results folder, or those that it is told, and says what it replaced', async ({
  sandbox,
}) => {
  assert.is((await sandbox.run(['small.yaml'])).status, 0);
  const { status, stdout } = await sandbox.runflow(['figures', 'small.yaml', '--to', 'paper']);
  assert.is(status, 0);
  const names = readdirSync(sandbox.path('results/small/figures')).sort();
  assert.equal(readdirSync(sandbox.path('paper')).sort(), names);
  assert.is(stdout.trimEnd().split('\n').length, names.length);
  for (const name of names)
    assert.equal(readFileSync(sandbox.path('paper', name)), readFileSync(sandbox.path('results/small/figures', name)));
  const narrow = ['figures', 'small.yaml', 'overlap', '--to', 'paper', '--columns', '1'];
  assert.match((await sandbox.runflow(narrow)).stdout, /overlap\.svg \(replaced\)\n$/);
  assert.match((await sandbox.runflow(narrow)).stdout, /overlap\.svg \(unchanged\)\n$/);
  assert.match(readFileSync(sandbox.path('paper/overlap.svg'), 'utf8'), 'width="3.25in"');
});

test('a format whose library is missing is an error that says what to install', async ({ sandbox }) => {
  // A package of the name that cannot be loaded stands for one that is not there.
  const hook = `data:text/javascript,${encodeURIComponent(
    'import { register } from "node:module"; register("data:text/javascript," + encodeURIComponent("export async function resolve(name, context, next) { if (name === \\"pdfkit\\") throw Object.assign(new Error(name), { code: \\"ERR_MODULE_NOT_FOUND\\" }); return next(name, context); }"));',
  )}`;
  const command = ['figures', 'small.yaml', '--to', 'lacking', '--format', 'pdf'];
  const { status, stderr } = await sandbox.runflow(command, { NODE_OPTIONS: `--import=${hook}` });
  assert.is(status, 3);
  assert.match(
    stderr,
    /^error: figures as pdf need pdfkit, which is not installed\n {2}Install what they take \(npm install pdfkit fontkit dejavu-fonts-ttf\), or/,
  );
  assert.not.ok(existsSync(sandbox.path('lacking')));
});

test('a table is printed as the results folder has it, and one that there is not is refused', async ({ sandbox }) => {
  for (const format of ['tex', 'md', 'csv']) {
    const { status, stdout } = await sandbox.runflow(['table', 'small.yaml', 'energy', '--format', format]);
    assert.is(status, 0);
    assert.is(stdout, readFileSync(sandbox.path(`results/small/tables/energy.${format}`), 'utf8'));
  }
  const { status, stderr } = await sandbox.runflow(['table', 'small.yaml', 'overlaps']);
  assert.is(status, 2);
  assert.match(stderr, /the results have no table overlaps\n {2}Did you mean overlap\?/);
  const other = await sandbox.runflow(['table', 'small.yaml', 'energy', '--set', 'models.useful.seed=77']);
  assert.is(other.status, 2);
  assert.match(other.stderr, /energy\.csv is not made yet\n {2}Run it first, with the same options/);
});

test('names, formats and widths that there are not are refused', async ({ sandbox }) => {
  const refused: readonly [string[], RegExp][] = [
    [['overlaps', '--to', 'paper'], /there is no figure overlaps\n {2}Did you mean overlap\?/],
    [['behaviour', '--to', 'paper'], /the results have no figure behaviour/],
    [['energy', 'energy', '--to', 'paper'], /the figure energy is named twice\n {2}Name it once\./],
    [['--to', 'paper', '--format', 'svg,svg'], /the format svg is named twice/],
    [['--to', 'paper', '--format', 'svg,gif'], /--format takes svg, pdf, png, not gif\n {2}Give one of them/],
    [['--to', 'paper', '--columns', '3'], /--columns takes 1 or 2, not 3/],
    [[], /--to is missing/],
  ];
  for (const [argv, message] of refused) {
    const { status, stderr } = await sandbox.runflow(['figures', 'small.yaml', ...argv]);
    assert.is(status, 2, argv.join(' '));
    assert.match(stderr, message);
  }
});

test('a named pipe in the place of a figure is refused', async ({ sandbox }) => {
  mkdirSync(sandbox.path('piped'));
  execFileSync('mkfifo', [sandbox.path('piped/overlap.svg')]);
  const { status, stderr } = await sandbox.runflow(['figures', 'small.yaml', 'overlap', '--to', 'piped']);
  assert.is(status, 3);
  assert.match(stderr, /piped\/overlap\.svg is in the way: it is not a regular file/);
});

test('a file in the place of the folder is refused', async ({ sandbox }) => {
  mkdirSync(sandbox.path('taken'));
  writeFileSync(sandbox.path('taken/file'), '');
  const { status, stderr } = await sandbox.runflow(['figures', 'small.yaml', '--to', 'taken/file']);
  assert.is(status, 2);
  assert.match(stderr, 'is a file, not a folder');
});

test.run();
