import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, hexOf } from '../../src/formats/digest.js';
import { Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** Three runs: as written with the tag `first`, with another norm, and one that fails. */
const test = suite('looking back');
const edited = smallWorkflow.replace('norm: 0.02', 'norm: 3e-2');
let sandbox: Sandbox;
let first: ReadonlyMap<string, Buffer>;

interface ListedRun {
  readonly id: string;
  readonly [name: string]: unknown;
}

test.before(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('small.yaml', smallWorkflow);
  await sandbox.run(['small.yaml', '--tag', 'first', '--tag', 'plain']);
  first = filesIn(sandbox.path('results/small'));
  await sandbox.write('small.yaml', edited);
  await sandbox.run(['small.yaml']);
});
test.after(() => sandbox.remove());

function filesIn(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

async function json<T>(...argv: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await sandbox.runflow([...argv, '--json']);
  assert.is(status, 0, stderr);
  return JSON.parse(stdout) as T;
}

const runs = async (...argv: readonly string[]) => (await json<{ runs: readonly ListedRun[] }>('runs', ...argv)).runs;

async function refused(argv: readonly string[], message: RegExp, hint: RegExp): Promise<void> {
  const { status, stdout, stderr } = await sandbox.runflow(argv);
  assert.is(status, 2, `${argv.join(' ')}: ${stdout}${stderr}`);
  assert.match(stderr, message);
  assert.match(stderr, hint);
}

test('runs are a table of parameters that differ, as they were written, with device, duration and tags', async () => {
  const { stdout } = await sandbox.runflow(['runs']);
  const [head, header, newest, oldest] = stdout.split('\n');
  assert.match(head!, /^small: .*small\.yaml$/);
  assert.match(header!, /^RUN +TAGS +STARTED +STATE +TOOK +RAN +DEVICE +norm$/);
  assert.match(newest!, / done +[\d.:]+( s)? +\d+ of 83 .* 3e-2$/);
  assert.match(oldest!, / first plain .* done +[\d.:]+( s)? +83 of 83 .* 0\.02$/);
  const [now, then] = await runs();
  assert.equal(now!.params, { 'models.useful.norm': '3e-2' });
  assert.equal([then!.tags, then!.ran, then!.state], [['first', 'plain'], 83, 'done']);
  assert.equal(await json('cache', 'runs'), await json('runs'));
});

test('runs are filtered by workflow, tag, state and number', async () => {
  assert.is((await runs('small')).length, 2);
  assert.is((await runs('small.yaml')).length, 2);
  assert.equal(
    (await runs('--tag', 'first')).map(({ tags }) => tags),
    [['first', 'plain']],
  );
  assert.is((await runs('--state', 'failed')).length, 0);
  assert.is((await runs('--newest', '1')).length, 1);
  await refused(['runs', 'smal'], /no run of a workflow smal/, /Did you mean small\?/);
  await refused(['runs', '--state', 'don'], /no state don/, /Did you mean done\?/);
});

test('show says what a run was, with the text that it was run with', async () => {
  const { stdout } = await sandbox.runflow(['show', 'first']);
  assert.match(stdout, /^run \S+ of small\n {2}state +done\n/);
  assert.match(stdout, /\n {2}tags +first plain\n/);
  assert.match(stdout, /\n {2}device +\S.*\n {2}versions +runflow .*node .*webgpu/);
  assert.match(stdout, /\n {2}steps +83: 83 ran; 1 init, 2 perturb/);
  assert.ok(stdout.endsWith(`small.yaml\n${smallWorkflow}`));
  assert.match((await sandbox.runflow(['show', 'last', '--steps'])).stdout, /\nuseful +\S|\nperturb\[useful\] +ran/);
  const shown = await json<{ steps: readonly { id: string; status: string }[]; texts: readonly { text: string }[] }>(
    ...['show', 'last'],
  );
  assert.is(shown.steps.length, 83);
  assert.is(shown.texts[0]!.text, edited);
});

test('runs are named by id, a beginning of it, a tag, last and last~1; what names none is refused', async () => {
  const [now, then] = await runs();
  for (const name of [then!.id, then!.id.slice(0, -2), 'first', 'last~1']) {
    assert.is((await json<ListedRun>('show', name)).id, then!.id);
  }
  assert.is((await json<ListedRun>('show', 'last')).id, now!.id);
  await refused(['show', 'lst'], /no run lst/, /Did you mean last\?/);
  await refused(['show', 'firts'], /no run firts/, /Did you mean first\?/);
  await refused(['show', 'last~2'], /no run last~2: 2 are remembered/, /runflow runs lists them/);
  await refused(['show', now!.id.slice(0, 4)], /2 runs begin with/, /more of the id/);
  await refused(['show', 'last', '--of', 'smal'], /no run of a workflow smal/, /Did you mean small\?/);
});

test('a tag that could be another name of a run is refused before anything runs', async () => {
  for (const tag of ['last', 'last~1', '2026', 'a b', '-x', 'x'.repeat(65)]) {
    const { status, stderr } = await sandbox.runflow(['run', 'small.yaml', `--tag=${tag}`]);
    assert.is(status, 2, stderr);
    assert.match(stderr, /cannot be a tag/);
  }
  assert.is((await runs()).length, 2);
});

test('restore writes the results folder as the run left it, byte for byte, and nothing over anything', async () => {
  const { status, stdout } = await sandbox.runflow(['restore', 'first', '--to', 'back']);
  assert.is(status, 0, stdout);
  assert.match(stdout, /^5 files of run /);
  assert.equal(filesIn(sandbox.path('back')), first);
  await refused(['restore', 'first', '--to', 'back'], /back is not empty/, /nothing is written over/);
  await refused(['restore', 'first'], /restore to where/, /--to DIR/);
});

test('restore and runs say what gc has collected', async () => {
  const copy = sandbox.withStore(sandbox.path('copy'));
  await copy.run(['small.yaml', '--tag', 'copied']);
  const csv = hexOf(digestOf(readFileSync(sandbox.path('results/small/energy.csv'))));
  rmSync(join(copy.store, 'objects/sha256', csv.slice(0, 2), csv));
  assert.match((await copy.runflow(['runs'])).stdout, / done, 1 of 4 results collected /);
  const { status, stdout } = await copy.runflow(['restore', 'copied', '--to', 'partly']);
  assert.is(status, 1);
  assert.match(stdout, /^4 files .*\ncollected, and not restored: energy\.csv\n$/s);
  assert.match((await copy.runflow(['show', 'last'])).stdout, /collected: energy\.csv\n/);
  assert.equal(
    [...filesIn(sandbox.path('partly')).keys()],
    ['energy-by-tensor.csv', 'overlap.csv', 'report.html', 'run.json'],
  );
});

test.run();
