import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../src/formats/checkpoint.js';
import { fromFloat32, toFloat32 } from '../../src/formats/float-conversion.js';
import { readTensor } from '../../src/formats/safetensors-reader.js';
import { HubServer } from '../unit/data/hub-server.js';

const binary = fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url));
const token = 'hf_secretSECRETsecret';
const commit = '0123456789abcdef0123456789abcdef01234567';

const test = suite<{ folder: string }>('models from end to end');
/** Holds made.yaml and the models that it makes, exported. */
let models: string;
test.before(async () => {
  models = await mkdtemp(join(tmpdir(), 'runflow-made-'));
  await writeFile(join(models, 'made.yaml'), made);
  for (const model of ['base', 'tuned', 'wide']) {
    const { status, stderr } = await runflow(models, ['export', 'made.yaml', model, '--to', model]);
    assert.is(status, 0, stderr);
  }
});
test.after(() => rm(models, { recursive: true }));
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'runflow-models-'));
  for (const name of ['made.yaml', 'base', 'tuned', 'wide']) {
    await cp(join(models, name), join(context.folder, name), { recursive: true });
  }
});
test.after.each((context) => rm(context.folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runflow(folder: string, argv: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const isolated = { RUNFLOW_STORE: join(folder, 'store'), HF_HOME: join(folder, 'hf'), NO_COLOR: '1' };
  const child = spawn(process.execPath, [binary, ...argv], {
    cwd: folder,
    env: { ...process.env, ...isolated, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

const made = `
runflow: 1
name: made
models:
  base: { init: { family: qwen2, hidden: 16, layers: 1, heads: 2, mlp: 24, vocabulary: 32 }, seed: 1, dtype: bf16 }
  tuned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  wide: { init: { family: qwen2, hidden: 20, layers: 1, heads: 2, mlp: 24, vocabulary: 32 }, seed: 1, dtype: bf16 }
`;

const energyOf = (base: string, tuned: string) => `
runflow: 1
name: energy
models: { base: ${base}, tuned: ${tuned} }
updates: { change: { from: base, to: tuned } }
subspaces: { top-k: { kind: top-k, of: change } }
sweeps: { parallel: { project: [change], onto: [top-k], mode: parallel, fractions: [0.25, 0.5] } }
`;

async function everythingIn(folder: string): Promise<string> {
  const texts: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) texts.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
  }
  return texts.join('\n');
}

test('a made model is exported as a folder that is a model of its own, and never over another', async ({ folder }) => {
  assert.equal((await readdir(join(folder, 'tuned'))).sort(), ['config.json', 'model.safetensors']);
  assert.is((await openCheckpoint(join(folder, 'tuned'))).tensors.get('model.embed_tokens.weight')!.dtype, 'BF16');
  assert.not.ok((await readdir(folder)).includes('results'));
  await writeFile(join(folder, 'copied.yaml'), 'runflow: 1\nname: copied\nmodels: { tuned: { path: tuned } }\n');
  assert.is((await runflow(folder, ['export', 'copied.yaml', 'tuned', '--to', 'deep/copy'])).status, 0);
  for (const name of ['config.json', 'model.safetensors']) {
    assert.equal(await readFile(join(folder, 'deep/copy', name)), await readFile(join(folder, 'tuned', name)));
  }
  const again = await runflow(folder, ['export', 'made.yaml', 'base', '--to', 'tuned']);
  assert.is(again.status, 2);
  assert.match(again.stderr, /tuned exists already/);
  const unknown = await runflow(folder, ['export', 'made.yaml', 'tunde', '--to', 'x']);
  assert.is(unknown.status, 2);
  assert.match(unknown.stderr, /made has no model tunde\n {2}Did you mean tuned\?/);
});

test('models of the hub run once over the network, then from the lock file and the cache alone', async ({ folder }) => {
  const server = await HubServer.start();
  try {
    server.token = token;
    for (const model of ['base', 'tuned']) {
      const files: Record<string, { bytes: Buffer; large: boolean }> = {};
      for (const name of ['config.json', 'model.safetensors']) {
        files[name] = { bytes: await readFile(join(folder, model, name)), large: name !== 'config.json' };
      }
      server.repositories.set(`lab/${model}`, { revisions: { main: commit }, files });
    }
    await writeFile(join(folder, 'energy.yaml'), energyOf('{ hub: lab/base }', '{ hub: lab/tuned }'));
    const hub = { HF_ENDPOINT: server.endpoint, HF_TOKEN: token };

    const offline = await runflow(folder, ['run', 'energy.yaml'], { ...hub, HF_HUB_OFFLINE: '1' });
    assert.is(offline.status, 3);
    assert.match(offline.stderr, /lab\/base@main is not in the cache/);
    assert.equal(server.requests, []);
    const refused = await runflow(folder, ['run', 'energy.yaml'], { HF_ENDPOINT: server.endpoint });
    assert.is(refused.status, 3);
    assert.match(refused.stderr, /lab\/base@main: the hub refuses access \(401\)\n {2}.*Set HF_TOKEN/);
    assert.is((await runflow(folder, ['run', 'energy.yaml', '--locked'], hub)).status, 2);

    const first = await runflow(folder, ['run', 'energy.yaml', '--json'], hub);
    assert.is(first.status, 0, first.stdout + first.stderr);
    assert.ok((await stat(join(folder, 'results/energy/energy.csv'))).size > 100);
    const lock = JSON.parse(await readFile(join(folder, 'energy.lock.json'), 'utf8'));
    assert.equal(lock.models, { 'lab/base': { main: commit }, 'lab/tuned': { main: commit } });
    assert.match(first.stdout, /"step-progress","step":"fetch\[base\]".*"unit":"bytes"/);

    server.requests.length = 0;
    const second = await runflow(folder, ['run', 'energy.yaml', '--json', '--locked'], hub);
    assert.is(second.status, 0, second.stdout + second.stderr);
    assert.is(JSON.parse(second.stdout.trim().split('\n').at(-1)!).ran, 0);
    assert.equal(server.requests, []);
    const output = [offline, refused, first, second].map(({ stdout, stderr }) => stdout + stderr).join();
    assert.not.ok(output.includes(token));
    assert.not.ok((await everythingIn(folder)).includes(token));

    // The cache is cleared by another program: what stands on it is made again.
    await rm(join(folder, 'hf'), { recursive: true });
    const third = await runflow(folder, ['run', 'energy.yaml', '--json'], hub);
    assert.is(third.status, 0, third.stdout + third.stderr);
    const remade = third.stdout.matchAll(/"step-finished","step":"([^"]*)"/g);
    assert.equal([...remade].map(([, id]) => id).sort(), ['fetch[base]', 'fetch[tuned]']);

    // Other names are another fetch of the same files, and the same numbers under these names; lm_head has none of them.
    const table = () => readFile(join(folder, 'results/energy/energy-by-tensor.csv'), 'utf8');
    const plain = (await table()).replaceAll(/^.*lm_head.*\n/gm, '');
    const decoder = 'names: { "model.": "decoder." }';
    await writeFile(
      join(folder, 'energy.yaml'),
      energyOf(`{ hub: lab/base, ${decoder} }`, `{ hub: lab/tuned, ${decoder} }`),
    );
    const named = await runflow(folder, ['run', 'energy.yaml'], hub);
    assert.is(named.status, 0, named.stdout + named.stderr);
    assert.is((await table()).replaceAll('decoder.', 'model.'), plain);
    assert.match(await table(), /decoder\.embed_tokens\.weight/);
  } finally {
    await server.stop();
  }
});

const page = '<!DOCTYPE html><html>Sign in</html>';
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 10\n';
const damages: readonly (readonly [string, (weights: string) => Promise<unknown>, RegExp])[] = [
  ['a Git LFS pointer', (weights) => writeFile(weights, pointer), /looks like a Git LFS pointer/],
  ['a web page', (weights) => writeFile(weights, page), /looks like a web page/],
  ['an empty file', (weights) => writeFile(weights, ''), /the file is empty/],
  ['a truncated file', async (weights) => truncate(weights, (await stat(weights)).size - 100), /truncated at tensor/],
  ['a header that lies', changeHeader, /key "model\.norm\.weight" stands twice/],
  [
    'a link to nowhere',
    (weights) => rm(weights).then(() => symlink('nowhere', weights)),
    /a link to a file that is not there/,
  ],
  [
    'a PyTorch pickle alone',
    (weights) => rm(weights).then(() => writeFile(join(weights, '../pytorch_model.bin'), 'x')),
    /no safetensors weights/,
  ],
  ['an index without its shards', indexOnly, /1 of 1 shards are missing: model-00001-of-00001\.safetensors/],
];

/** Makes one name stand twice without moving a byte. */
async function changeHeader(weights: string): Promise<void> {
  const bytes = await readFile(weights);
  const from = 'model.layers.0.mlp.up_proj.weight';
  const at = bytes.indexOf(`"${from}"`);
  bytes.write(`"model.norm.weight"${' '.repeat(from.length - 'model.norm.weight'.length)}`, at);
  await writeFile(weights, bytes);
}

async function indexOnly(weights: string): Promise<void> {
  await rm(weights);
  const index = { weight_map: { 'model.norm.weight': 'model-00001-of-00001.safetensors' } };
  await writeFile(join(weights, '../model.safetensors.index.json'), JSON.stringify(index));
}

test('a damaged checkpoint is one short error that names the model and the file, before anything runs', async ({
  folder,
}) => {
  await writeFile(join(folder, 'energy.yaml'), energyOf('{ path: base }', '{ path: bad }'));
  for (const [name, damage, message] of damages) {
    await rm(join(folder, 'bad'), { recursive: true, force: true });
    await mkdir(join(folder, 'bad'));
    for (const file of await readdir(join(folder, 'tuned'))) {
      await writeFile(join(folder, 'bad', file), await readFile(join(folder, 'tuned', file)));
    }
    await damage(join(folder, 'bad/model.safetensors'));
    const { status, stderr, stdout } = await runflow(folder, ['run', 'energy.yaml']);
    assert.is(status, 1, `${name}: ${stdout}${stderr}`);
    assert.match(stderr, message, name);
    assert.match(stderr, /model tuned/, name);
    assert.ok(stderr.split('\n').length <= 6, `${name}: ${stderr}`);
    assert.not.match(stderr, /bug of runflow| at .*\.js:/);
  }
});

test('checkpoints of different shapes are refused where the update is written', async ({ folder }) => {
  await writeFile(join(folder, 'energy.yaml'), energyOf('{ path: base }', '{ path: wide }'));
  const { status, stderr } = await runflow(folder, ['run', 'energy.yaml']);
  assert.is(status, 2, stderr);
  assert.match(stderr, /energy\.yaml:5:\d+: error: .*\[32, 16\].*\[32, 20\]/s);
});

test('a NaN in one tensor fails the steps of that tensor, by name', async ({ folder }) => {
  const name = 'model.layers.0.mlp.up_proj.weight';
  const { tensors } = await openCheckpoint(join(folder, 'tuned'));
  const tensor = tensors.get(name)!;
  const values = toFloat32(await readTensor(tensor.file, tensor), 'BF16');
  values[7] = Number.NaN;
  const bytes = await readFile(tensor.file);
  bytes.set(fromFloat32(values, 'BF16'), tensor.offset);
  await writeFile(tensor.file, bytes);
  await writeFile(join(folder, 'energy.yaml'), energyOf('{ path: base }', '{ path: tuned }'));
  const { status, stdout, stderr } = await runflow(folder, ['run', 'energy.yaml', '--json', '--keep-going']);
  assert.is(status, 1);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const failed = events.filter(({ type }) => type === 'step-failed');
  assert.ok(failed.length > 0, stderr);
  for (const { step } of failed) assert.ok(step.includes(name), step);
  assert.match(failed.map(({ message }) => message).join('\n'), /NaN|not finite|non-finite/i);
  assert.ok(events.at(-1).ran > 0);
});

test.run();
