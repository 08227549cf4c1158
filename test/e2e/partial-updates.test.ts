import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FloatType } from '../../src/formats/float-conversion.js';
import { type FixtureTensor, moved, randomTensors, writeFixture } from '../checkpoint-fixtures.js';
import { type Dense, dense, svdOracle } from '../oracles/one-sided-jacobi.js';
import {
  difference,
  energy,
  inMode,
  project,
  projectedWeights,
  projectOntoUpdate,
  roundTo,
} from '../oracles/projection.js';
import { readSafetensors } from '../oracles/safetensors.js';
import { Sandbox } from '../sandbox.js';

/**
 * Updates between checkpoints of two vocabulary sizes and of some tensors alone, from files to tables and an exported model,
 * against the definitions in double precision.
 */
const test = suite<{ sandbox: Sandbox }>('partial updates');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

type Semantics = 'paper' | 'reference';
type Row = Readonly<Record<string, string>>;

const embedding = 'model.embed_tokens.weight';
const head = 'lm_head.weight';
const query = 'model.layers.0.self_attn.q_proj.weight';
const bias = 'model.layers.0.self_attn.q_proj.bias';
/** The base has padded rows, as Qwen2.5 has in its larger sizes; its output layer is wide here, the embedding tall. */
const common: Readonly<Record<string, number>> = { [embedding]: 37, [head]: 5 };
const padded: Readonly<Record<string, readonly number[]>> = {
  [embedding]: [41, 8],
  [head]: [7, 8],
  [query]: [8, 8],
  [bias]: [8],
};

const workflow = `
runflow: 1
name: partial
models:
  base: { path: base }
  aligned: { path: aligned }
  tuned: { path: tuned }
  part: { project: tuning, onto: top-k, mode: orthogonal, side: right, rank: 2 }
updates:
  alignment: { from: base, to: aligned, except: "*.bias", vocabulary: cut }
  tuning: { from: base, to: tuned, except: "*.bias", vocabulary: cut }
  after: { from: aligned, to: tuned, tensors: ["*.weight"] }
subspaces:
  top-k: { kind: top-k, of: alignment }
sweeps:
  right: { project: [tuning, after], onto: top-k, mode: parallel, side: right, fractions: [1], ranks: [2] }
  left: { project: tuning, onto: top-k, mode: orthogonal, side: left, ranks: [2] }
metrics:
  alike: { kind: cosine, pairs: [[tuning, alignment]] }
  overlap: { kind: mso, pairs: [[tuning, after]], energies: [0.9] }
`;

async function writeModels(sandbox: Sandbox, types: Readonly<Record<string, FloatType>>): Promise<void> {
  const base = randomTensors(padded, 1);
  const write = (name: string, tensors: Record<string, FixtureTensor>) =>
    writeFixture(sandbox.path(name), tensors, { dtype: types[name]!, config: { model_type: 'qwen2' } });
  await write('base', base);
  const aligned = cut(moved(base, 2, 0.3));
  await write('aligned', aligned);
  await write('tuned', moved(aligned, 3, 0.3));
}

function cut(tensors: Record<string, FixtureTensor>): Record<string, FixtureTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }]) => {
      const rows = common[name] ?? shape[0]!;
      const kept = values.subarray(0, (values.length / shape[0]!) * rows);
      return [name, { shape: [rows, ...shape.slice(1)], values: kept }];
    }),
  );
}

function firstRows(matrix: Dense, name: string): Dense {
  const rows = common[name] ?? matrix.rows;
  return dense(rows, matrix.columns, matrix.data.subarray(0, rows * matrix.columns));
}

/** The models as a semantics reads them, in double precision. */
function truthOf(sandbox: Sandbox, semantics: Semantics) {
  const models = new Map(
    ['base', 'aligned', 'tuned'].map((name) => [name, readSafetensors(sandbox.path(name, 'model.safetensors'))]),
  );
  const weights = (model: string, tensor: string) => {
    const matrix = firstRows(models.get(model)!.get(tensor)!.matrix, tensor);
    return semantics === 'reference' ? roundTo(matrix, 'F16') : matrix;
  };
  const ends = { alignment: ['base', 'aligned'], tuning: ['base', 'tuned'], after: ['aligned', 'tuned'] } as const;
  const update = (name: string, tensor: string) => {
    const [from, to] = ends[name as keyof typeof ends];
    const exact = difference(weights(to, tensor), weights(from, tensor));
    return semantics === 'reference' ? roundTo(exact, 'F16') : exact;
  };
  return { weights, update };
}

const near = (cell: string | undefined, expected: number, what: string) =>
  assert.ok(
    cell !== undefined && cell !== '' && Math.abs(Number(cell) - expected) < 2e-4,
    `${what}: ${cell}, not ${expected}`,
  );

for (const semantics of ['paper', 'reference'] as const) {
  test(`rows that both vocabularies have are measured, and the rest stays, ${semantics} semantics`, async ({
    sandbox,
  }) => {
    const types = { base: 'BF16', aligned: 'F32', tuned: 'F32' } as const;
    await writeModels(sandbox, types);
    await sandbox.write('partial.yaml', workflow);
    await sandbox.run(['partial.yaml', '--semantics', semantics, '--out', 'results']);
    const { update, weights } = truthOf(sandbox, semantics);
    const table = (file: string) => parse(readFileSync(sandbox.path('results', file)), { columns: true }) as Row[];
    const byTensor = table('energy-by-tensor.csv');
    assert.is(byTensor.length, 3 * (2 + 2 + 1));
    for (const row of byTensor) {
      const tensor = row.tensor!;
      const what = JSON.stringify(row);
      const delta = update(row.update!, tensor);
      const onto = update('alignment', tensor);
      const { u, v } = svdOracle(onto);
      const side = row.side as 'left' | 'right';
      const k = row.rank_asked === '' ? Math.min(delta.rows, delta.columns) : 2;
      const scalar = semantics === 'reference' && row.fraction === '1';
      const inside = scalar ? projectOntoUpdate(delta, onto) : project(delta, side === 'left' ? u : v, k, side);
      near(row.energy_kept, energy(inMode(delta, inside, row.mode as 'parallel')) / energy(delta), what);
      assert.is(row.rank_max, String(Math.min(delta.rows, delta.columns)), what);
      const product = delta.data.reduce((sum, value, i) => sum + value * onto.data[i]!, 0);
      near(row.cosine_alignment, product / Math.sqrt(energy(delta) * energy(onto)), what);
      near(String(Number(row.update_energy) / energy(delta)), 1, what);
    }
    assert.ok(table('overlap.csv').every(({ tensor, d }) => tensor === query || d === String(common[tensor!])));
    assert.is(table('cosine.csv').length, 3 + 1);

    const exported = await sandbox.runflow([
      'export',
      'partial.yaml',
      'part',
      '--to',
      'made',
      '--semantics',
      semantics,
    ]);
    assert.is(exported.status, 0, exported.stderr);
    const made = readSafetensors(sandbox.path('made/model.safetensors'));
    const base = readSafetensors(sandbox.path('base/model.safetensors'));
    const storage = semantics === 'reference' ? 'F16' : types.base;
    for (const [name, { shape, matrix }] of made) {
      assert.equal(shape, padded[name]);
      const stored =
        semantics === 'reference' && name !== bias ? roundTo(base.get(name)!.matrix, 'F16') : base.get(name)!.matrix;
      const changed = name === bias ? 0 : (common[name] ?? 8) * 8;
      assert.equal([...matrix.data.subarray(changed)], [...stored.data.subarray(changed)], `the rest of ${name}`);
      if (name === bias) continue;
      const delta = update('tuning', name);
      const inside = project(delta, svdOracle(update('alignment', name)).v, 2, 'right');
      const cast = semantics === 'reference' ? 'F16' : undefined;
      const expected = projectedWeights(weights('base', name), inMode(delta, inside, 'orthogonal'), storage, cast);
      const off = expected.data.map((value, i) => Math.abs(value - matrix.data[i]!));
      // An element on the border between two stored numbers may go either way: half a per cent of 2.
      assert.ok(Math.max(...off) <= 0.016, `${name}: off by ${Math.max(...off)}`);
      assert.ok(off.filter((value) => value > 0).length <= 0.05 * off.length, `${name}: most are the same number`);
    }
  });
}

test('a compiled model and the text part of a multimodal one are taken under plain names', async ({ sandbox }) => {
  await writeModels(sandbox, { base: 'F32', aligned: 'F32', tuned: 'F32' });
  const whole = `
runflow: 1
name: names
models:
  aligned: { path: aligned }
  tuned: { path: tuned }
updates:
  after: { from: aligned, to: tuned }
subspaces:
  top-k: { kind: top-k, of: after }
sweeps:
  inside: { project: after, onto: top-k, mode: parallel, ranks: [2] }
`;
  const energyOf = async (text: string, out: string) => {
    await sandbox.write('names.yaml', text);
    await sandbox.run(['names.yaml', '--out', out]);
    return readFileSync(sandbox.path(out, 'energy-by-tensor.csv'), 'utf8');
  };
  const expected = await energyOf(whole, 'plain');
  const wrap = async (prefix: string, more: Record<string, FixtureTensor> = {}) => {
    const stored = readSafetensors(sandbox.path('tuned/model.safetensors'));
    const tensors = [...stored].map(([name, { shape, matrix }]): [string, FixtureTensor] => [
      `${prefix}${name}`,
      { shape, values: Float32Array.from(matrix.data) },
    ]);
    const config = { model_type: 'llava', text_config: { model_type: 'qwen2' } };
    await writeFixture(sandbox.path('wrapped'), { ...Object.fromEntries(tensors), ...more }, { config });
  };
  const taken = (names: string) => whole.replace('tuned: { path: tuned }', `tuned: { path: wrapped${names} }`);

  await wrap('_orig_mod.');
  await sandbox.write('names.yaml', taken(''));
  const refused = await sandbox.runflow(['plan', 'names.yaml']);
  assert.is(refused.status, 2);
  assert.match(refused.stderr, 'names.yaml:8:3: error: models aligned (from) and tuned (to) differ in 8 tensors');
  assert.match(refused.stderr, 'names: { "_orig_mod.": "" }');
  assert.is(await energyOf(taken(', names: { "_orig_mod.": "" }'), 'compiled'), expected);

  await wrap('language_model.', { 'vision_tower.patch.weight': { shape: [3, 3], values: new Float32Array(9) } });
  const part = taken(', names: { "language_model.": "" }');
  assert.is(await energyOf(part, 'text-part'), expected);
  const { stderr, stdout } = await sandbox.runflow(['plan', 'names.yaml']);
  assert.match(
    stdout + stderr,
    'models.tuned: vision_tower.patch.weight: its name has none of the beginnings under names',
  );
  assert.match(
    stdout + stderr,
    'models.tuned: config.json: it describes the whole checkpoint, of which names takes a part',
  );

  const trained = part
    .replace(
      'updates:',
      '  more: { finetune: tuned, on: rows, recipe: short }\ndatasets:\n  rows: { path: rows.jsonl }\nrecipes:\n  short: { steps: 1, lr: 0.001 }\nupdates:',
    )
    .replace('from: aligned, to: tuned', 'from: tuned, to: more');
  await sandbox.write('rows.jsonl', '{"input_ids": [1, 2], "labels": [1, 2]}\n');
  await sandbox.write('names.yaml', trained);
  const run = await sandbox.runflow(['plan', 'names.yaml']);
  assert.is(run.status, 2, run.stdout + run.stderr);
  assert.match(run.stderr, 'names.yaml:7:3: error: model tuned has no config.json, which it takes to train or run it');
  assert.match(run.stderr, 'By `names` it is a part of a checkpoint');

  await sandbox.write('names.yaml', taken(', names: { "text_model.": "" }'));
  const unknown = await sandbox.runflow(['plan', 'names.yaml']);
  assert.is(unknown.status, 1);
  assert.match(unknown.stderr, 'model tuned (');
  assert.match(unknown.stderr, 'no tensor has a name that begins with "text_model."');
});

test('two tokenizers that disagree on an id refuse the cut, with file, line and column', async ({ sandbox }) => {
  await writeModels(sandbox, { base: 'F32', aligned: 'F32', tuned: 'F32' });
  const tokenizer = (...tokens: readonly string[]) =>
    JSON.stringify({
      model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
      added_tokens: [{ id: 4, content: '<|im_end|>' }],
    });
  const write = (model: string, text: string) => writeFile(sandbox.path(model, 'tokenizer.json'), text);
  await write('base', tokenizer('a', 'b', 'c', 'd'));
  await write('aligned', tokenizer('a', 'b', 'c', 'd'));
  await write('tuned', tokenizer('a', 'x', 'c'));
  await sandbox.write('partial.yaml', workflow);
  const refused = await sandbox.runflow(['plan', 'partial.yaml']);
  assert.is(refused.status, 2, refused.stdout);
  assert.match(
    refused.stderr,
    'partial.yaml:11:3: error: 1 token id means different tokens to models base (from) and tuned (to)',
  );
  assert.match(refused.stderr, '1 is "b" and "x"');
  await write('tuned', tokenizer('a', 'b', 'c'));
  const planned = await sandbox.runflow(['plan', 'partial.yaml']);
  assert.is(planned.status, 0, planned.stderr);
  assert.match(planned.stdout + planned.stderr, 'rows 37 to 40 of model.embed_tokens.weight');
  const adapter = [
    'export',
    'partial.yaml',
    'tuning',
    '--as',
    'adapter',
    '--rank',
    '2',
    '--rest',
    'drop',
    '--to',
    'low',
  ];
  const exported = await sandbox.runflow(adapter);
  assert.is(exported.status, 2, exported.stdout);
  assert.match(
    exported.stderr,
    'update tuning is of the first rows of lm_head.weight and model.embed_tokens.weight alone',
  );
  await write('tuned', '{"model": {}}');
  const broken = await sandbox.runflow(['plan', 'partial.yaml']);
  assert.match(broken.stderr, 'tokenizer.json: it has no model.vocab');
});

test.run();
