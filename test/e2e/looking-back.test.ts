import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, hexOf } from '../../src/formats/digest.js';
import { moved, randomTensors, writeFixture } from '../checkpoint-fixtures.js';
import { Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** Three runs: as written with the tag `first`, with another norm, and one that fails. */
const test = suite('looking back');
const edited = smallWorkflow.replace('norm: 0.02', 'norm: 3e-2');
const localModels = `runflow: 1
name: models
models: { base: { path: base }, aligned: { path: aligned } }
updates: { alignment: { from: base, to: aligned } }
metrics: { sizes: { kind: spectrum, of: alignment } }
`;
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
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Bytes of each tensor of a safetensors file. */
function tensorsIn(file: Buffer): Map<string, Buffer> {
  const start = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.subarray(8, start).toString()) as Record<string, { data_offsets: [number, number] }>;
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    tensors.map(
      ([
        name,
        {
          data_offsets: [from, to],
        },
      ]) => [name, file.subarray(start + from, start + to)],
    ),
  );
}

async function json<T>(...argv: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await sandbox.runflow([...argv, '--json']);
  assert.is(status, 0, stderr);
  return JSON.parse(stdout) as T;
}

const runs = async (...argv: readonly string[]) => (await json<{ runs: readonly ListedRun[] }>('runs', ...argv)).runs;

async function refused(
  argv: readonly string[],
  message: RegExp,
  hint: RegExp,
  of: Sandbox = sandbox,
  code = 2,
): Promise<void> {
  const { status, stdout, stderr } = await of.runflow(argv);
  assert.is(status, code, `${argv.join(' ')}: ${stdout}${stderr}`);
  assert.match(stderr, message);
  assert.match(stderr, hint);
}

test('runs are a table of parameters that differ, as they were written, with device, duration and tags', async () => {
  const { stdout } = await sandbox.runflow(['runs']);
  const [head, header, newest, oldest] = stdout.split('\n');
  assert.match(head!, /^small: .*small\.yaml$/);
  assert.match(header!, /^RUN +TAGS +STARTED +STATE +TOOK +RAN +DEVICE +norm$/);
  assert.match(newest!, / done +[\d.:]+( s)? +\d+ of \d+ .* 3e-2$/);
  assert.match(oldest!, / first plain .* done +[\d.:]+( s)? +(\d+) of \2 .* 0\.02$/);
  const [now, then] = await runs();
  assert.equal(now!.params, { 'models.useful.norm': '3e-2' });
  assert.equal([then!.tags, then!.ran, then!.state], [['first', 'plain'], then!.steps, 'done']);
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
  assert.match(stdout, /\n {2}steps +(\d+): \1 ran; 1 init, 2 perturb/);
  assert.ok(stdout.endsWith(`small.yaml\n${smallWorkflow}`));
  assert.match((await sandbox.runflow(['show', 'last', '--steps'])).stdout, /\nuseful +\S|\nperturb\[useful\] +ran/);
  const shown = await json<{ steps: readonly { id: string; status: string }[]; texts: readonly { text: string }[] }>(
    ...['show', 'last'],
  );
  assert.ok(shown.steps.length > 50);
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
  assert.ok(stdout.startsWith(`${first.size} files of run `), stdout);
  assert.equal(filesIn(sandbox.path('back')), first);
  await refused(['restore', 'first', '--to', 'back'], /back is not empty/, /nothing is written over/);
  await refused(['restore', 'first'], /restore to where/, /--to DIR/);
});

test('restore and runs say what gc has collected', async () => {
  const copy = sandbox.withStore(sandbox.path('copy'));
  await copy.run(['small.yaml', '--tag', 'copied']);
  const csv = hexOf(digestOf(readFileSync(sandbox.path('results/small/energy.csv'))));
  rmSync(join(copy.store, 'objects/sha256', csv.slice(0, 2), csv));
  assert.match((await copy.runflow(['runs'])).stdout, / done, 1 of \d+ results collected /);
  const { status, stdout } = await copy.runflow(['restore', 'copied', '--to', 'partly']);
  assert.is(status, 1);
  assert.match(stdout, /^\d+ files .*\ncollected, and not restored: energy\.csv\n$/s);
  assert.match((await copy.runflow(['show', 'last'])).stdout, /collected: energy\.csv\n/);
  const left = ['energy.csv', 'run.json'];
  const partly = [...filesIn(sandbox.path('results/small'))].filter(([name]) => !left.includes(name));
  const restored = [...filesIn(sandbox.path('partly'))].filter(([name]) => name !== 'run.json');
  assert.equal(restored, partly);
});

test('diff names the edited parameter in the words and at the line of the workflow, and the numbers that moved', async () => {
  const { status, stdout } = await sandbox.runflow(['diff', 'first', 'last']);
  assert.is(status, 0, stdout);
  assert.match(
    stdout,
    /\nParameters\n {2}norm 0\.02 → 3e-2, models\.useful line 8\n\nSteps\n {2}24 the same\n {2}\d+ changed: perturb\[useful\], 22 energy, 11 cosine, /,
  );
  assert.match(stdout, /\n-.*norm: 0\.02.*\n\+.*norm: 3e-2.*\n/);
  const difference = await json<{
    readonly params: unknown;
    readonly steps: { readonly added: readonly string[]; readonly removed: readonly string[] };
    readonly values: readonly { readonly table: string; readonly before: number; readonly after: number }[];
  }>('diff', 'first');
  assert.equal(difference.params, [{ field: 'norm', of: 'models.useful', before: '0.02', after: '3e-2', line: 8 }]);
  assert.equal([difference.steps.added, difference.steps.removed], [[], []]);
  assert.equal(new Set(difference.values.map(({ table }) => table)), new Set(['energy.csv', 'overlap.csv']));
  const same = (await sandbox.runflow(['diff', 'last', 'last'])).stdout;
  assert.match(same, /\nSteps\n {2}\d+ the same\n$/);
  await refused(['diff', 'first', 'lats'], /no run lats/, /Did you mean last\?/);
});

test('path and get find outputs of a step; names of steps and outputs are suggested', async () => {
  const step = 'svd[alignment,model.norm.weight]';
  const { stdout } = await sandbox.runflow(['path', 'energy-table', '--output', 'energy.csv', '--run', 'first']);
  assert.equal(readFileSync(stdout.trimEnd()), first.get('energy.csv'));
  assert.match((await sandbox.runflow(['path', step])).stdout, /^u +\/.*\nv +\/.*\ns +\/.*\n$/);
  assert.is((await sandbox.runflow(['get', 'energy-table', '--to', 'got', '--run', 'first'])).status, 0);
  const got = filesIn(sandbox.path('got'));
  assert.equal([...got.keys()], ['energy-by-tensor.csv', 'energy.csv']);
  assert.equal(got.get('energy.csv'), first.get('energy.csv'));
  assert.is((await sandbox.runflow(['get', step, '--to', 'tensors'])).status, 0);
  const tensors = tensorsIn(readFileSync(sandbox.path('tensors/tensors.safetensors')));
  const { outputs } = await json<{ outputs: readonly { output: string; path: string }[] }>('path', step);
  assert.equal([...tensors.keys()].sort(), ['s', 'u', 'v']);
  for (const { output, path } of outputs) assert.equal(tensors.get(output), readFileSync(path), output);
  await refused(['path', 'svd'], /svd names 22 steps/, /Name one of them/);
  await refused(
    ['path', 'svd[alignment,model.norm.weigt]'],
    /names no step/,
    /Did you mean svd\[alignment,model\.norm/,
  );
  await refused(['path', step, '--output', 'w'], /has no output w/, /It has: u, v, s|Did you mean/);
  await refused(['get', step, '--to', 'got'], /got is not empty/, /nothing is written over/);
  await refused(['logs', 'svdd'], /names no step/, /Did you mean svd\?/);
});

test('two runs at once leave two whole records', async () => {
  const both = sandbox.withStore(sandbox.path('both'));
  const ended = await Promise.all(
    ['a', 'b'].map((tag) => both.run(['small.yaml', '--tag', tag, '--out', `out-${tag}`])),
  );
  assert.is(ended.length, 2);
  for (const tag of ['a', 'b']) {
    const { status, stdout } = await both.runflow(['restore', tag, '--to', `back-${tag}`]);
    assert.is(status, 0, stdout);
    assert.equal(filesIn(sandbox.path(`back-${tag}`)), filesIn(sandbox.path(`out-${tag}`)));
  }
  const { stdout } = await both.runflow(['diff', 'a', 'b']);
  assert.match(stdout, /\nSteps\n {2}\d+ the same\n$/);
});

test('the message of a run that failed is there after later runs, in show, runs and logs', async () => {
  const failing = sandbox.withStore(sandbox.path('failing'));
  await failing.write('models.yaml', localModels);
  const weights = randomTensors({ 'a.weight': [6, 4], 'c.norm': [4] }, 1);
  await writeFixture(failing.path('base'), weights);
  const broken = { ...weights, 'a.weight': { shape: [6, 4], values: new Float32Array(24).fill(Number.NaN) } };
  await writeFixture(failing.path('aligned'), broken);
  const failed = await failing.runflow(['run', 'models.yaml', '--json', '--tag', 'broken']);
  assert.is(failed.status, 1, failed.stdout + failed.stderr);
  const failure = failed.events.find((event) => event.type === 'step-failed');
  if (failure?.type !== 'step-failed') throw new Error(failed.stdout);
  await writeFixture(failing.path('aligned'), moved(weights, 2, 0.1));
  await failing.run(['models.yaml']);
  const { stdout } = await failing.runflow(['show', 'broken']);
  assert.match(stdout, /\n {2}state +failed\n/);
  assert.ok(stdout.includes(`What was the matter:\n  ${failure.step}: ${failure.message}\n`), stdout);
  assert.ok((await failing.runflow(['runs', '--state', 'failed'])).stdout.includes(failure.message));
  const log = (await failing.runflow(['logs', failure.step, '--run', 'broken'])).stdout;
  assert.match(log, /attempt 1 of run \S+, .*, failed\n/);
  assert.ok(log.includes(`error: ${failure.message}`), log);
  await refused(['path', failure.step, '--run', 'broken'], /made nothing in this run/, /runflow show RUN/, failing, 1);
});

test('a run that was killed is told as such, as far as it came', async () => {
  const killed = sandbox.withStore(sandbox.path('killed'));
  const started = killed.start(['run', 'small.yaml', '--json', '--tag', 'short']);
  await started.event((event) => event.type === 'step-finished');
  started.child.kill('SIGKILL');
  await started.ended;
  assert.match((await killed.runflow(['runs'])).stdout, / short .* killed /);
  const { stdout } = await killed.runflow(['show', 'short']);
  assert.match(stdout, /\n {2}state +killed\n/);
  assert.ok(stdout.endsWith(edited));
  await refused(['restore', 'short', '--to', 'nothing'], /left no results folder/, /It was killed/, killed);
  await killed.run(['small.yaml']);
  assert.match((await killed.runflow(['diff', 'short', 'last'])).stdout, /\nSteps\n {2}\d+ the same\n/);
});

test.run();
