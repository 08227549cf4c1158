import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../src/formats/checkpoint.js';
import { toFloat32 } from '../../src/formats/float-conversion.js';
import { readTensor } from '../../src/formats/safetensors-reader.js';
import { writeSafetensors } from '../../src/formats/safetensors-writer.js';
import { type FixtureTensor, noise } from '../checkpoint-fixtures.js';
import { assertOneScreen, ranSteps, Sandbox } from '../sandbox.js';
import { HubServer } from '../unit/data/hub-server.js';

/** LoRA adapters as models of a workflow, from the command line. */

const example = fileURLToPath(new URL('../../../examples/adapter.yaml', import.meta.url));
const commits = { base: 'a'.repeat(40), adapter: 'b'.repeat(40) };
const test = suite<{ box: Sandbox }>('adapters');
let made: Sandbox;
test.before(async () => {
  made = await Sandbox.make();
  await made.write('made.yaml', base);
  const { status, stderr } = await made.runflow(['export', 'made.yaml', 'base', '--to', 'base']);
  assert.is(status, 0, stderr);
});
test.after(() => made.remove());
test.before.each(async (context) => {
  context.box = await Sandbox.make();
  await cp(made.path('base'), context.box.path('base'), { recursive: true });
  await writeAdapter(context.box.path('adapter'));
  await context.box.write('w.yaml', workflow());
});
test.after.each(({ box }) => box.remove());

const base = `runflow: 1
name: made
models:
  base: { init: { family: llama, hidden: 16, layers: 2, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 32 }, seed: 1 }
`;

const workflow = (adapter = 'path: adapter, base: base', start = 'path: base') => `runflow: 1
name: w
models:
  base: { ${start} }
  tuned: { ${adapter} }
updates: { change: { from: base, to: tuned } }
subspaces: { top-k: { kind: top-k, of: change } }
sweeps: { inside: { project: change, onto: top-k, mode: parallel, fractions: [0.25, 1] } }
`;

const config = {
  peft_type: 'LORA',
  base_model_name_or_path: 'lab/base',
  r: 3,
  lora_alpha: 6,
  use_rslora: false,
  target_modules: ['q_proj', 'v_proj'],
  modules_to_save: null,
  bias: 'none',
  lora_dropout: 0.1,
};

const shapes: Record<string, readonly number[]> = {};
for (const layer of [0, 1]) {
  for (const [name, outputs] of [
    ['q_proj', 16],
    ['v_proj', 8],
  ] as const) {
    const module = `base_model.model.model.layers.${layer}.self_attn.${name}`;
    shapes[`${module}.lora_A.weight`] = [3, 16];
    shapes[`${module}.lora_B.weight`] = [outputs, 3];
  }
}
const values = new Map(
  Object.entries(shapes).map(([name, shape], i): [string, FixtureTensor] => [
    name,
    {
      shape,
      values: noise(
        i + 1,
        shape.reduce((a, b) => a * b),
        0.3,
      ),
    },
  ]),
);

async function writeAdapter(folder: string, keys: object = {}, tensors = values): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ ...config, ...keys }));
  const infos = [...tensors].map(([name, { shape }]) => ({ name, dtype: 'F32' as const, shape }));
  await rm(join(folder, 'adapter_model.safetensors'), { force: true });
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), infos, ({ name }) => [
    new Uint8Array(tensors.get(name)!.values.buffer),
  ]);
}

async function readModel(folder: string): Promise<Map<string, Float32Array>> {
  const { tensors } = await openCheckpoint(folder);
  const found = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) {
    found.set(name, toFloat32(await readTensor(tensor.file, tensor), 'F32'));
  }
  return found;
}

test('an adapter is a model: exported merged, decomposed to its rank, its config read anew', async ({ box }) => {
  const { status, stderr } = await box.runflow(['export', 'w.yaml', 'tuned', '--to', 'merged']);
  assert.is(status, 0, stderr);
  assert.equal((await readdir(box.path('merged'))).sort(), (await readdir(box.path('base'))).sort());
  const [before, after] = [await readModel(box.path('base')), await readModel(box.path('merged'))];
  assert.equal([...after.keys()], [...before.keys()]);
  for (const [name, weights] of before) {
    const module = `base_model.model.${name.replace(/\.weight$/, '')}`;
    const [a, b] = [values.get(`${module}.lora_A.weight`), values.get(`${module}.lora_B.weight`)];
    const columns = 16;
    const expected = weights.map((weight, at) => {
      if (a === undefined || b === undefined) return weight;
      const [i, j] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += b.values[i * 3 + k]! * a.values[k * columns + j]!;
      return Math.fround(weight + 2 * sum);
    });
    assert.equal(after.get(name), expected, name);
  }

  const ran = ranSteps(await box.run(['w.yaml']));
  assert.ok(ran.includes('svd[change,model.layers.0.self_attn.q_proj.weight]'), ran.join());
  const csv = (await readFile(box.path('results/w/energy-by-tensor.csv'), 'utf8')).trim().split('\n');
  const columns = csv[0]!.split(',');
  const quarter = csv
    .slice(1)
    .map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell])))
    .filter(({ tensor, fraction }) => tensor === 'model.layers.1.self_attn.q_proj.weight' && fraction === '0.25');
  // 4 of 16 directions hold an update of rank 3.
  assert.is(quarter.length, 1);
  assert.ok(Math.abs(Number(quarter[0]!.energy_kept) - 1) < 1e-6, quarter[0]!.energy_kept);

  // What changes no weight runs nothing again; another scale does.
  await writeAdapter(box.path('adapter'), { lora_dropout: 0.5, inference_mode: true });
  assert.equal(ranSteps(await box.run(['w.yaml'])), []);
  await writeAdapter(box.path('adapter'), { lora_alpha: 12 });
  assert.ok(ranSteps(await box.run(['w.yaml'])).includes('merge-adapter[tuned]'));
});

const wrong: readonly (readonly [string, number, RegExp, (box: Sandbox) => Promise<unknown>])[] = [
  [
    'no base',
    1,
    /model tuned \(w\.yaml:5\): .*adapter: no safetensors weights\n {2}.*`base: NAME`/,
    (box) => box.write('w.yaml', workflow('path: adapter')),
  ],
  [
    'a whole model',
    1,
    /model tuned .*no adapter: .*\n {2}.*leave out `base:`/,
    (box) => box.write('w.yaml', workflow('path: base, base: base')),
  ],
  [
    'an unknown base',
    2,
    /w\.yaml:5:\d+: error: there is no model "bse"/,
    (box) => box.write('w.yaml', workflow('path: adapter, base: bse')),
  ],
  [
    'itself as its base',
    2,
    /w\.yaml:5:\d+: error: a model is made from itself/,
    (box) => box.write('w.yaml', workflow('path: adapter, base: tuned')),
  ],
  [
    'trained-on without a base',
    2,
    /w\.yaml:5:\d+: error: trained-on is of an adapter, and there is no base/,
    (box) => box.write('w.yaml', workflow('path: adapter, trained-on: lab/base')),
  ],
  [
    'trained-on that the adapter does not say',
    2,
    /w\.yaml:5:\d+: error: the adapter of model tuned names lab\/base, and trained-on is lab\/other/,
    (box) => box.write('w.yaml', workflow('path: adapter, base: base, trained-on: lab/other')),
  ],
  [
    'DoRA',
    1,
    /model tuned \(w\.yaml:5\): .*adapter_config\.json: use_dora = true/,
    (box) => writeAdapter(box.path('adapter'), { use_dora: true }),
  ],
  [
    'another rank',
    2,
    /w\.yaml:5:\d+: error: the adapter of model tuned does not fit models\.base: .*lora_A\.weight is \[3, 16\] and would be \[4, 16\]/,
    (box) => writeAdapter(box.path('adapter'), { r: 4 }),
  ],
  [
    'targets without factors',
    2,
    /w\.yaml:5:\d+: error: .*model\.layers\.0\.self_attn\.o_proj is a target and has no factors/,
    (box) => writeAdapter(box.path('adapter'), { target_modules: ['q_proj', 'v_proj', 'o_proj'] }),
  ],
  [
    'a pattern that does not come to an end',
    1,
    /models\.tuned: the search .*adapter_config\.json was stopped after 5 s.*does not come to an end/,
    (box) => writeAdapter(box.path('adapter'), { target_modules: '((.*)*)*z' }),
  ],
  [
    'a pickle',
    1,
    /adapter_model\.safetensors is missing\n {2}There is a PyTorch pickle only/,
    (box) => rm(box.path('adapter/adapter_model.safetensors')).then(() => box.write('adapter/adapter_model.bin', 'x')),
  ],
  [
    'an adapter beside a model',
    1,
    /an adapter lies beside the weights\n {2}.*`base:`/,
    (box) => cp(box.path('adapter/adapter_model.safetensors'), box.path('base/adapter_model.safetensors')),
  ],
];

test('an adapter that cannot be used as it stands is one short error', async ({ box }) => {
  for (const [name, status, message, spoil] of wrong) {
    await rm(box.path('adapter'), { recursive: true });
    await writeAdapter(box.path('adapter'));
    await box.write('w.yaml', workflow());
    await spoil(box);
    const ended = await box.runflow(['run', 'w.yaml']);
    assertOneScreen(ended, status);
    assert.match(ended.stderr, message, name);
  }
});

test('what is not read, and a base that cannot be compared, are told by plan and run', async ({ box }) => {
  await box.write('adapter/tokenizer.json', '{}');
  await box.write('adapter/training_args.bin', '');
  const { events } = await box.run(['w.yaml', 'merge-adapter']);
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])).join('\n');
  assert.match(warnings, /models\.tuned: tokenizer\.json: not read/);
  assert.match(warnings, /models\.tuned: base_model_name_or_path lab\/base: not compared with models\.base/);
  assert.not.match(warnings, /training_args/);
  await box.write('w.yaml', workflow('path: adapter, base: base, trained-on: Lab/base'));
  const { stdout } = await box.runflow(['plan', 'w.yaml']);
  assert.not.match(stdout, /not compared/);
  assert.match(stdout, /tokenizer\.json: not read/);
});

test('an adapter of the hub is fetched, pinned and compared with the repository of its base', async ({ box }) => {
  const server = await HubServer.start();
  try {
    const serve = async (repo: string, folder: string, names: readonly string[], commit: string) => {
      const files: Record<string, { bytes: Buffer; large: boolean }> = {};
      for (const name of names) {
        files[name] = { bytes: await readFile(box.path(folder, name)), large: name.endsWith('.safetensors') };
      }
      server.repositories.set(repo, { revisions: { main: commit }, files });
    };
    const both = ['adapter_config.json', 'adapter_model.safetensors'];
    await box.write('adapter/README.md', 'x');
    await serve('lab/base', 'base', ['config.json', 'model.safetensors'], commits.base);
    await serve('lab/adapter', 'adapter', [...both, 'README.md'], commits.adapter);
    const hub = { HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: '0' };
    await box.write('w.yaml', workflow('hub: lab/adapter, base: base', 'hub: lab/base'));
    const planned = await box.runflow(['plan', 'w.yaml'], hub);
    assert.match(planned.stdout, /lab\/adapter@main/);
    const first = ranSteps(await box.run(['w.yaml'], hub));
    for (const step of ['fetch[base]', 'fetch[tuned]', 'merge-adapter[tuned]']) assert.ok(first.includes(step), step);
    const lock = JSON.parse(await readFile(box.path('w.lock.json'), 'utf8'));
    assert.equal(lock.models, { 'lab/adapter': { main: commits.adapter }, 'lab/base': { main: commits.base } });
    assert.not.ok(server.requests.some((request) => request.includes('README')));
    server.requests.length = 0;
    assert.equal(ranSteps(await box.run(['w.yaml', '--locked'], hub)), []);
    assert.equal(server.requests, []);
    const report = await readFile(box.path('results/w/report.html'), 'utf8');
    assert.ok(report.includes(`base with lab/adapter at ${commits.adapter} merged into it`), report);

    // An adapter of an update from a model of the hub names it as its base, and is compared when it is read.
    const argv = ['export', 'w.yaml', 'change', '--as', 'adapter', '--rank', '3', '--rest', 'drop', '--to', 'back'];
    assert.is((await box.runflow(argv, hub)).status, 0);
    const back = JSON.parse(await readFile(box.path('back/adapter_config.json'), 'utf8'));
    assert.equal([back.base_model_name_or_path, back.revision], ['lab/base', commits.base]);
    // An adapter on an adapter: any model of the workflow may be a base.
    const stacked = 'hub: lab/adapter, base: base }\n  more: { path: back, base: tuned, trained-on: lab/base';
    await box.write('w.yaml', workflow(stacked, 'hub: lab/base').replace('to: tuned', 'to: more'));
    const chain = await box.run(['w.yaml', 'merge-adapter'], hub);
    assert.equal(ranSteps(chain), ['merge-adapter[more]']);
    const warnings = chain.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    assert.not.match(warnings.join('\n'), /left out|compared/);

    // The hub's model without `base` is told as a folder is.
    await box.write('w.yaml', workflow('hub: lab/adapter', 'hub: lab/base'));
    const alone = await box.runflow(['run', 'w.yaml'], hub);
    assert.is(alone.status, 1);
    assert.match(alone.stdout + alone.stderr, /There is an adapter only: name the model .*`base: NAME`/);

    // The same weights from another repository: refused, until it is said that they are the same.
    await serve('lab/mirror', 'base', ['config.json', 'model.safetensors'], commits.base);
    await box.write('w.yaml', workflow('hub: lab/adapter, base: base', 'hub: lab/mirror'));
    const other = await box.runflow(['run', 'w.yaml'], hub);
    assert.is(other.status, 2, other.stdout);
    assert.match(other.stderr, /w\.yaml:5:\d+: error: .*trained on lab\/base .*models\.base is lab\/mirror\n/);
    assert.match(other.stderr, /trained-on: lab\/base/);
    await box.write('w.yaml', workflow('hub: lab/adapter, base: base, trained-on: lab/base', 'hub: lab/mirror'));
    await box.run(['w.yaml'], hub);

    await serve('lab/pickle', 'base', ['config.json'], commits.base);
    await box.write('w.yaml', workflow('hub: lab/pickle, base: base', 'hub: lab/base'));
    const none = await box.runflow(['run', 'w.yaml'], hub);
    assert.is(none.status, 1);
    assert.match(none.stdout + none.stderr, /lab\/pickle@a{12}: no adapter: adapter_config\.json and adapter_model/);
  } finally {
    await server.stop();
  }
});

const tensorColumns = (csv: string) => {
  const [head, ...lines] = csv.trim().split('\n');
  const columns = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i]!, cell])));
};

test('the example: an update becomes an adapter, and the adapter a model', async ({ box }) => {
  await cp(example, box.path('adapter.yaml'));
  await rm(box.path('adapter'), { recursive: true });
  const argv = ['export', 'adapter.yaml', 'tuning', '--as', 'adapter', '--rank', '4', '--to', 'adapter'];
  const refused = await box.runflow(argv);
  assertOneScreen(refused, 2);
  assert.match(refused.stderr, /update tuning has tensors that are not linear layers.*model\.embed_tokens\.weight/);
  assert.match(refused.stderr, /--rest drop .*--rest modules-to-save/);
  const { status, stdout, stderr } = await box.runflow([...argv, '--rest', 'drop']);
  assert.is(status, 0, stderr);
  assert.is(stderr, '');
  const told =
    /The adapter of tuning is in .*adapter\n {2}15 linear layers, rank 4: the cut loses ([\d.]+) % of their energy\n {2}left out: 6 other tensors, norm ([\d.]+), ([\d.]+) % of the energy of the whole update: model\.embed_tokens\.weight, .* and 3 more\n$/.exec(
      stdout,
    );
  assert.ok(told !== null, stdout);
  assert.equal((await readdir(box.path('adapter'))).sort(), ['adapter_config.json', 'adapter_model.safetensors']);
  const run = await box.run(['adapter.yaml']);
  // The decompositions of the export are those of the run.
  assert.not.ok(
    ranSteps(run).some((step) => step.startsWith('svd[tuning,') && !step.includes('norm') && !step.includes('embed')),
  );
  const rows = tensorColumns(await readFile(box.path('results/adapters/energy-by-tensor.csv'), 'utf8'));
  // What the cut keeps of a layer is what lies in the directions of its adapter.
  const linear = rows.filter(({ tensor, fraction }) => fraction === '0.25' && !/norm|embed/.test(tensor!));
  assert.is(linear.length, 15);
  const total = linear.reduce((sum, row) => sum + Number(row.update_energy), 0);
  const kept = linear.reduce((sum, row) => sum + Number(row.energy_kept) * Number(row.update_energy), 0);
  assert.ok(Math.abs(100 * (1 - kept / total) - Number(told[1])) < 0.01, `${kept / total} ${told[1]}`);
  const others = rows.filter(({ tensor, fraction }) => fraction === '0.25' && /norm|embed/.test(tensor!));
  const rest = others.reduce((sum, row) => sum + Number(row.update_energy), 0);
  assert.ok(Math.abs(Math.sqrt(rest) / Number(told[2]) - 1) < 1e-5);
  assert.ok(Math.abs((100 * rest) / (rest + total) - Number(told[3])) < 0.01);
});

const usage: readonly (readonly [readonly string[], RegExp])[] = [
  [['--as', 'adapter'], /--rank is missing/],
  [['--as', 'adapter', '--rank', '0'], /--rank takes a whole number above 0, not 0/],
  [['--as', 'adapter', '--rank', '4', '--rest', 'some'], /--rest takes drop or modules-to-save, not some/],
  [['--as', 'adapter', '--rank', '4', '--shard-size', '1GB'], /--shard-size is of models/],
  [['--as', 'lora'], /--as takes model or adapter, not lora/],
  [['--rank', '4'], /--rank is of --as adapter/],
  [
    ['--as', 'adapter', '--rank', '4', '--rest', 'drop'],
    /w has no update tuned\n {2}tuned is a model: --as adapter takes an update that leads to it/,
  ],
];

test('options that do not go together are usage errors', async ({ box }) => {
  for (const [options, message] of usage) {
    const ended = await box.runflow(['export', 'w.yaml', 'tuned', '--to', 'out', ...options]);
    assertOneScreen(ended, 2);
    assert.match(ended.stderr, message);
  }
  const update = await box.runflow(['export', 'w.yaml', 'change', '--to', 'out']);
  assertOneScreen(update, 2);
  assert.match(update.stderr, /w has no model change\n {2}change is an update: it is written with --as adapter/);
});

test('an adapter that was merged is written again as an adapter of its rank, whole in what it trains', async ({
  box,
}) => {
  const argv = ['export', 'w.yaml', 'change', '--as', 'adapter', '--rank', '3', '--rest', 'modules-to-save'];
  const { status, stdout, stderr } = await box.runflow([...argv, '--to', 'again']);
  assert.is(status, 0, stderr);
  assert.match(stdout, /4 linear layers, rank 3: the cut loses \S+ % of their energy\n$/);
  const written = JSON.parse(await readFile(box.path('again/adapter_config.json'), 'utf8'));
  assert.equal([written.target_modules, written.modules_to_save], [['q_proj', 'v_proj'], null]);
  await box.write('again.yaml', workflow('path: again, base: base').replace('name: w', 'name: again'));
  for (const [file, folder] of [
    ['w.yaml', 'one'],
    ['again.yaml', 'other'],
  ] as const) {
    assert.is((await box.runflow(['export', file, 'tuned', '--to', folder])).status, 0);
  }
  const [one, other] = [await readModel(box.path('one')), await readModel(box.path('other'))];
  for (const [name, values] of one) {
    for (const [i, value] of values.entries()) assert.ok(Math.abs(value - other.get(name)![i]!) < 1e-6, `${name} ${i}`);
  }
  const exists = await box.runflow([...argv, '--to', 'again']);
  assert.is(exists.status, 2);
  assert.match(exists.stderr, /again exists already/);
});

test.run();
