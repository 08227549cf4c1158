import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { type Architecture, architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { modelConfig } from '../../../src/formats/model-config.js';
import { Turns } from '../../../src/formats/turns.js';
import { decoderConfig } from '../../../src/nn/config.js';
import type { InitParams } from '../../../src/steps/init.js';
import type { PerturbParams } from '../../../src/steps/perturb.js';
import { runInit } from '../../../src/worker/steps/init.js';
import { configOf } from '../../../src/worker/steps/model-input.js';
import { runPerturb } from '../../../src/worker/steps/perturb.js';
import { StructuredUpdate, type UpdateOptions, type UpdateShape } from '../../../src/worker/steps/structured-update.js';
import { symmetricEigen } from '../../oracles/eigen.js';
import { MemoryContext } from './memory-context.js';

const architecture: Architecture = {
  family: 'qwen2',
  hidden: 32,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  mlp: 48,
  vocabulary: 50,
  tied: true,
  ropeTheta: 10000,
  normEpsilon: 1e-6,
  contextLength: 64,
};
const objects = new Map<string, Uint8Array>();

async function initialise(params: Partial<InitParams> = {}): Promise<MemoryContext> {
  const context = new MemoryContext(
    { architecture: { ...architecture }, initializerRange: 0.02, seed: 1, dtype: 'F32', ...params },
    {},
    objects,
  );
  await runInit(context);
  return context;
}

async function perturbed(parent: Artifacts, params: Partial<PerturbParams>, more: Record<string, Artifacts> = {}) {
  const all = { seed: 1, norm: 0.05, decay: 0.5, ...params };
  const context = new MemoryContext(all, { parent, ...more }, objects);
  await runPerturb(context);
  return context;
}

async function values(context: MemoryContext, name: string): Promise<Float32Array> {
  const artifact = context.outputs[`tensor/${name}`]!;
  return toFloat32(await context.read(artifact), artifact.tensor!.dtype as 'F32');
}

function norm(x: ArrayLike<number>): number {
  return Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0));
}

const query = 'model.layers.0.self_attn.q_proj.weight';

test('a made model has exactly the tensors and shapes of its architecture and a config that says so', async () => {
  const context = await initialise();
  const expected = architectureTensors(architecture);
  assert.equal(
    Object.keys(context.outputs).sort(),
    [...[...expected.keys()].map((name) => `tensor/${name}`), 'file/config.json'].sort(),
  );
  for (const [name, shape] of expected)
    assert.equal(context.outputs[`tensor/${name}`]!.tensor, { dtype: 'F32', shape });
  const config = JSON.parse(Buffer.from(await context.read(context.outputs['file/config.json']!)).toString());
  assert.is(config.model_type, 'qwen2');
  assert.is(config.num_key_value_heads, 2);
  assert.is(config.tie_word_embeddings, true);
  const last = context.updates.at(-1)!;
  assert.equal([last.done, last.unit], [last.total, 'bytes']);
});

test('the config of a made model is read back as the architecture it was made from', () => {
  const biased = {
    ...architecture,
    family: 'llama',
    tied: false,
    headDim: 6,
    attentionBias: true,
    mlpBias: true,
  } as const;
  for (const made of [architecture, { ...architecture, family: 'llama' } as const, biased]) {
    const read = decoderConfig(modelConfig(made, 'BF16'), 'config.json');
    for (const [field, value] of Object.entries(made)) assert.is(read[field as keyof Architecture], value, field);
  }
});

test('weights are normal with deviation 0.02, norms one, biases zero', async () => {
  const context = await initialise();
  const embedding = await values(context, 'model.embed_tokens.weight');
  const deviation = norm(embedding) / Math.sqrt(embedding.length);
  assert.ok(Math.abs(deviation / 0.02 - 1) < 4 / Math.sqrt(2 * embedding.length), `${deviation}`);
  assert.ok((await values(context, 'model.norm.weight')).every((value) => value === 1));
  assert.ok((await values(context, 'model.layers.0.self_attn.q_proj.bias')).every((value) => value === 0));
});

test('norms of a family that adds 1 to its gains begin at 0: they multiply by one, too', async () => {
  const local = { localLayers: [true, false], localRopeTheta: 1e4, queryScalar: 8 };
  const context = await initialise({ architecture: { ...architecture, family: 'gemma3_text', ...local } });
  for (const name of ['model.norm.weight', 'model.layers.0.self_attn.q_norm.weight']) {
    assert.ok(
      (await values(context, name)).every((value) => value === 0),
      name,
    );
  }
});

test('a made model depends on its seed and type only, and its bits never change', async () => {
  const first = await initialise();
  assert.equal((await initialise()).outputs, first.outputs);
  assert.is.not(
    (await initialise({ seed: 2 })).outputs[`tensor/${query}`]!.digest,
    first.outputs[`tensor/${query}`]!.digest,
  );
  const narrow = await initialise({ dtype: 'BF16' });
  assert.equal(await narrow.read(narrow.outputs[`tensor/${query}`]!), fromFloat32(await values(first, query), 'BF16'));
  const all = digestOf(
    Object.values(first.outputs)
      .map(({ digest }) => digest)
      .join(),
  );
  assert.is(
    all,
    'sha256:35c5de81954b32e86ed40feb744c30262a756650432043ae82c714e92ec9fade',
    'raise the revision of `init` and update this digest',
  );
});

test('a perturbed model differs from its parent by the stated norm in every tensor', async () => {
  const parent = await initialise();
  const child = await perturbed(parent.outputs, {});
  assert.equal(Object.keys(child.outputs).sort(), Object.keys(parent.outputs).sort());
  for (const [name, shape] of architectureTensors(architecture)) {
    const before = await values(parent, name);
    const after = await values(child, name);
    const fresh = 0.02 * Math.sqrt(before.length);
    const reference = shape.length < 2 ? fresh : norm(before) || fresh;
    const ratio = norm(after.map((value, i) => value - before[i]!)) / reference;
    assert.ok(Math.abs(ratio / 0.05 - 1) < 1e-5, `${name} ${ratio}`);
  }
  assert.equal((await perturbed(parent.outputs, {})).outputs, child.outputs);
  const all = digestOf(
    Object.values(child.outputs)
      .map(({ digest }) => digest)
      .join(),
  );
  assert.is(
    all,
    'sha256:6e881419c72f24f01cd2fc59424780776ad44885e2ad9315fc9bfbda8f713a61',
    'raise the revision of `perturb` and update this digest',
  );
});

/** The whole update, made in two parts. */
async function structuredUpdate(shape: UpdateShape, options: UpdateOptions): Promise<Float64Array> {
  const update = await StructuredUpdate.make(shape, options, new Turns());
  const half = Math.floor(shape.rows / 2);
  return Float64Array.of(...update.window(0, half), ...update.window(half, shape.rows - half));
}

test('the singular values of an update fall by the stated power onto a floor', async () => {
  const [rows, columns, decay] = [128, 160, 0.7];
  const update = await structuredUpdate({ rows, columns }, { seed: 3, stream: 'w', decay });
  assert.ok(Math.abs(norm(update) - 1) < 1e-14);
  const singular = symmetricEigen(gram(update, rows, columns)).values.map((value) => Math.sqrt(Math.max(0, value)));
  const powers = Array.from({ length: 16 }, (_, i) => (i + 1) ** -decay);
  // The floor: Gaussian noise of squared norm 1/4, whose singular values lie within σ(√rows ± √columns).
  const noise = 0.5 / Math.sqrt(rows * columns);
  for (const [i, value] of powers.entries()) {
    const expected = (Math.sqrt(0.75) * value) / norm(powers);
    const inflated = Math.sqrt((expected ** 2 + noise ** 2 * rows) * (expected ** 2 + noise ** 2 * columns)) / expected;
    assert.ok(Math.abs(singular[i]! / inflated - 1) < 0.1, `${i}: ${singular[i]} ${inflated}`);
  }
  assert.ok(singular[40]! < noise * (Math.sqrt(rows) + Math.sqrt(columns)));
  assert.ok(singular[127]! > 0);
});

test('the share of directions taken from another update sets the overlap of the two', async () => {
  const shape = { rows: 96, columns: 128 };
  const other = await structuredUpdate(shape, { seed: 1, stream: 'w', decay: 0.3 });
  const rowsOf = async (start: number, count: number) => other.slice(start * 128, (start + count) * 128);
  let previous = 0;
  for (const weight of [0, 0.5, 0.9]) {
    const shared = { update: { window: rowsOf }, weight };
    const update = await structuredUpdate(shape, { seed: 2, stream: 'w', decay: 0.3, shared });
    const measured = overlap(update, other, shape.rows, shape.columns, 12);
    const baseline = 12 / 96;
    const expected = weight + (1 - weight) * baseline;
    // The floors blur both spaces, so what is measured stays below.
    assert.ok(measured < expected + 0.1 && measured > expected - 0.2, `${weight}: ${measured} for ${expected}`);
    assert.ok(measured > previous);
    previous = measured;
  }
});

test('a stored copy of tied embeddings stays a copy', async () => {
  const parent = await initialise();
  const embedding = parent.outputs['tensor/model.embed_tokens.weight']!;
  const child = await perturbed({ ...parent.outputs, 'tensor/lm_head.weight': embedding }, {});
  assert.equal(child.outputs['tensor/lm_head.weight'], child.outputs['tensor/model.embed_tokens.weight']);
});

test('integer tensors are passed on as they are', async () => {
  const parent = await initialise();
  const ids = await parent.write('tensor/position_ids', Uint8Array.of(1, 0, 0, 0), { dtype: 'I32', shape: [1] });
  const child = await perturbed(parent.outputs, {});
  assert.equal(child.outputs['tensor/position_ids'], ids);
});

async function failed(run: () => Promise<unknown>): Promise<DataError> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, DataError);
    return error as DataError;
  }
  return assert.unreachable('no error') as never;
}

const failure = async (run: () => Promise<unknown>) => (await failed(run)).message;

test('an update that leaves the range of the storage type is an error that names the tensor', async () => {
  const parent = await initialise({ dtype: 'F16' });
  assert.match(
    await failure(() => perturbed(parent.outputs, { norm: 1e8 })),
    /^the perturbed tensor model\..* holds -?Infinity/,
  );
  assert.match((await failed(() => perturbed(parent.outputs, { norm: 1e8 }))).hint!, /Set a smaller norm/);
  const steep = await perturbed(parent.outputs, { decay: 1e6 });
  assert.is(Object.keys(steep.outputs).length, Object.keys(parent.outputs).length);
});

test('an update that is lost in the last digits of every weight is an error, not a copy', async () => {
  const parent = await initialise({ dtype: 'BF16' });
  assert.match(
    await failure(() => perturbed(parent.outputs, { norm: 1e-30 })),
    /norm 1e-30 changes none of the matrices/,
  );
});

test('a NaN in the parent or a different shape in the shared update is named', async () => {
  const parent = await initialise();
  const weights = await values(parent, query);
  weights[5] = Number.NaN;
  const broken = await initialise();
  await broken.write(`tensor/${query}`, fromFloat32(weights, 'F32'), { dtype: 'F32', shape: [32, 32] });
  assert.is(await failure(() => perturbed(broken.outputs, {})), `the parent's tensor ${query} holds NaN at element 5`);
  const other = await initialise();
  await other.write(`tensor/${query}`, new Uint8Array(4 * 32 * 16), { dtype: 'F32', shape: [32, 16] });
  const share = { 'share-from': parent.outputs, 'share-to': other.outputs };
  assert.match(
    await failure(() => perturbed(parent.outputs, { share: 0.5 }, share)),
    new RegExp(`tensor ${query} is F32 \\[32, 16\\]`),
  );
  const missing = { ...parent.outputs };
  delete missing[`tensor/${query}`];
  assert.is(
    await failure(() =>
      perturbed(parent.outputs, { share: 0.5 }, { 'share-from': missing, 'share-to': parent.outputs }),
    ),
    `the model has no tensor ${query}`,
  );
});

test('a model with a tensor that its configuration does not ask for is not run without it', async () => {
  const { outputs } = await initialise();
  const context = new MemoryContext({}, {}, objects);
  assert.is((await configOf(context, outputs)).layers, 1);
  const strange = {
    ...outputs,
    'tensor/model.layers.0.self_attn.q_norm.weight': outputs['tensor/model.norm.weight']!,
    'tensor/model.layers.1.mlp.up_proj.weight': outputs['tensor/model.layers.0.mlp.up_proj.weight']!,
  };
  const message = await failure(() => configOf(context, strange));
  assert.match(
    message,
    /model\.layers\.0\.self_attn\.q_norm\.weight, model\.layers\.1\.mlp\.up_proj\.weight are tensors/,
  );
  const tables = { 'tensor/model.layers.0.self_attn.rotary_emb.inv_freq': outputs['tensor/model.norm.weight']! };
  const copy = { 'tensor/lm_head.weight': outputs['tensor/model.embed_tokens.weight']! };
  assert.is((await configOf(context, { ...outputs, ...tables, ...copy })).layers, 1);
});

/** A Aᵀ of a row-major [rows, columns] matrix. */
function gram(a: Float64Array, rows: number, columns: number): number[][] {
  const row = (i: number) => a.subarray(i * columns, (i + 1) * columns);
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: rows }, (_, j) => row(i).reduce((sum, value, k) => sum + value * row(j)[k]!, 0)),
  );
}

/** ‖U_aᵀ U_b‖²_F / k of the leading k left singular vectors. */
function overlap(a: Float64Array, b: Float64Array, rows: number, columns: number, k: number): number {
  const [u, v] = [a, b].map((matrix) => symmetricEigen(gram(matrix, rows, columns)).vectors);
  let sum = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      let cosine = 0;
      for (let row = 0; row < rows; row++) cosine += u![row]![i]! * v![row]![j]!;
      sum += cosine ** 2;
    }
  }
  return sum / k;
}

test.run();
