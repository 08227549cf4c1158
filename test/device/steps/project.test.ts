import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { architectureTensors } from '../../../src/formats/architecture.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { type FloatType, fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { permutation } from '../../../src/linalg/permutation.js';
import { project } from '../../../src/steps/project.js';
import type { ProjectedModel } from '../../../src/steps/recipes/projected.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { runningModel } from '../../../src/worker/steps/running-model.js';
import { initialWeights, readFixture } from '../../fixtures/nn/fixture.js';
import { gaussian } from '../../oracles/matrices.js';
import { type Dense, dense } from '../../oracles/one-sided-jacobi.js';
import * as oracle from '../../oracles/projection.js';
import { checkpoint, DeviceContext, decomposed, objects, shapes, stored, tensors, valuesOf } from './checkpoints.js';

/** Whole projected models, tensor by tensor against the definitions in f64. */

interface World {
  readonly from: Artifacts;
  readonly to: Artifacts;
  readonly base: Artifacts;
  /** By tensor, of the update from `base` to `from`. */
  readonly svd: Readonly<Record<string, Artifacts>>;
}

async function world(dtype: FloatType, heldAs?: 'F16', config: JsonObject = {}): Promise<World> {
  const base = checkpoint(dtype, 'base', undefined, 1, config);
  const from = checkpoint(dtype, 'aligned', base, 0.1, config);
  const to = checkpoint(dtype, 'tuned', from, 0.05, config);
  const bases: Record<string, Artifacts> = {};
  for (const name of tensors) {
    const ends = { from: { from: base[`tensor/${name}`]! }, to: { to: from[`tensor/${name}`]! } };
    bases[name] = await decomposed(ends, heldAs === undefined ? {} : { heldAs });
  }
  return { base, from, to, svd: bases };
}

function inputsOf({ base, from, to, svd: bases }: World, { side, ranks }: ProjectedModel): Record<string, Artifacts> {
  const inputs: Record<string, Artifacts> = { from, to, 'onto-from': base, 'onto-to': from };
  for (const [name, rank] of Object.entries(ranks)) {
    if (rank === null || rank === 'whole') continue;
    const { u, v, s } = bases[name]!;
    inputs[`basis/${name}`] = { basis: (isLeft(side, name) ? u : v)! };
    inputs[`s/${name}`] = { s: s! };
  }
  return inputs;
}

function isLeft(side: ProjectedModel['side'], name: string): boolean {
  return shapes[name]!.length < 2 || (typeof side === 'string' ? side : side[name]) === 'left';
}

async function written(w: World, model: ProjectedModel, inputs = inputsOf(w, model)): Promise<Artifacts> {
  const context = new DeviceContext({ model }, inputs, objects);
  await (await implementationOf(project.kind))(context);
  return context.outputs;
}

/** θ' of one tensor by the definitions, and how far f32 may be from it. */
function wanted(w: World, name: string, model: ProjectedModel): { expected: Dense; bar: (value: number) => number } {
  const { mode, side, ranks, gaussian, permute, heldAs, castUpdate } = model;
  const read = (values: Dense) => (heldAs === undefined ? values : oracle.roundTo(values, heldAs));
  const theta = read(valuesOf(w.from, name));
  const update = read(oracle.difference(read(valuesOf(w.to, name)), theta));
  const onto =
    gaussian === undefined
      ? read(oracle.difference(theta, read(valuesOf(w.base, name))))
      : oracle.randomLike(update, gaussian, name);
  const rank = ranks[name]!;
  const left = isLeft(side, name);
  const inside =
    rank === 'whole'
      ? update
      : rank === null
        ? oracle.projectOntoUpdate(update, onto)
        : oracle.project(update, basisOf(w, name, left, permute), rank, left ? 'left' : 'right');
  const dtype = w.from[`tensor/${name}`]!.tensor!.dtype as FloatType;
  const storage = heldAs ?? (dtype === 'F64' ? 'F32' : dtype);
  const expected = oracle.projectedWeights(
    theta,
    oracle.inMode(update, inside, rank === 'whole' ? 'parallel' : mode),
    storage,
    castUpdate,
  );
  const step = { F32: 2 ** -23, F64: 2 ** -23, F16: 2 ** -10, BF16: 2 ** -7 }[storage];
  return { expected, bar: (value) => 1e-6 + step * Math.abs(value) };
}

function basisOf(w: World, name: string, left: boolean, permute: number | undefined): Dense {
  const artifact = w.svd[name]![left ? 'u' : 'v']!;
  const [rows, columns] = artifact.tensor!.shape as [number, number];
  const values = toFloat32(objects.get(artifact.digest)!, 'F32');
  const order = permute === undefined ? undefined : permutation(columns, { seed: permute, stream: name });
  return dense(
    rows,
    columns,
    Float64Array.from(values, (_, i) => values[i - (i % columns) + (order?.[i % columns] ?? i % columns)]!),
  );
}

async function check(w: World, model: ProjectedModel, what: string): Promise<Artifacts> {
  const outputs = await written(w, model);
  for (const name of tensors) {
    const { expected, bar } = wanted(w, name, model);
    assert.equal(outputs[`tensor/${name}`]!.tensor!.shape, shapes[name]);
    for (const [i, x] of valuesOf(outputs, name).data.entries()) {
      const y = expected.data[i]!;
      assert.ok(Math.abs(x - y) <= bar(y), `${what}: ${name}, element ${i} is ${x}, not ${y}`);
    }
  }
  return outputs;
}

const ranks = {
  'model.embed_tokens.weight': 5,
  'model.layers.0.up.weight': 4,
  'model.layers.0.norm.weight': 1,
  'model.layers.0.stack.weight': 3,
};
const paper = { kind: 'projected', mode: 'parallel', side: 'right', ranks } as const;
const reference = { heldAs: 'F16', castUpdate: 'F16', side: 'left' } as const;
const [f32, bf16, f16Read] = [await world('F32'), await world('BF16'), await world('BF16', 'F16')];

test('every tensor is that of the definitions: tall, wide, a vector, three dimensions, in all modes on both sides', async () => {
  for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
    for (const side of ['right', 'left'] as const) {
      await check(f32, { ...paper, mode, side }, `F32 ${mode} ${side}`);
      await check(bf16, { ...paper, mode, side }, `BF16 ${mode} ${side}`);
    }
    await check(f16Read, { ...paper, ...reference, mode }, `reference ${mode}`);
  }
});

test('Random-K takes the vectors of each tensor in the order of the seed and the name of the tensor', async () => {
  const one = await check(f32, { ...paper, permute: 1 }, 'seed 1');
  const two = await check(f32, { ...paper, permute: 2 }, 'seed 2');
  const name = 'tensor/model.embed_tokens.weight';
  assert.not.equal(one[name]!.digest, two[name]!.digest);
});

test('a tensor without a rank is projected onto the update of the subspace as a whole', async () => {
  const none = Object.fromEntries(tensors.map((name) => [name, null]));
  for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
    await check(f16Read, { ...paper, ...reference, mode, ranks: none }, `scalar ${mode}`);
    await check(f32, { ...paper, mode, ranks: none }, `scalar ${mode}`);
  }
});

test('a tensor without a rank is projected onto the random matrix of a seed, another one for another seed', async () => {
  const none = Object.fromEntries(tensors.map((name) => [name, null]));
  const outputs: Artifacts[] = [];
  for (const gaussian of [1, 2]) {
    outputs.push(await check(f32, { ...paper, ranks: none, gaussian }, `seed ${gaussian}`));
    await check(f16Read, { ...paper, ...reference, mode: 'orthogonal', ranks: none, gaussian }, `seed ${gaussian} F16`);
  }
  for (const name of tensors) {
    assert.not.equal(outputs[0]![`tensor/${name}`]!.digest, outputs[1]![`tensor/${name}`]!.digest);
  }
});

test('a tensor may have a side of its own, and one in which the subspace has no basis keeps its update whole', async () => {
  const [embedding, up, norm, stack] = tensors as [string, string, string, string];
  const sides = { [embedding]: 'right', [up]: 'left', [norm]: 'left' } as const;
  const own = { ...ranks, [stack]: 'whole' } as const;
  for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
    await check(bf16, { ...paper, mode, side: sides, ranks: own }, `BF16 ${mode}`);
    await check(f16Read, { ...paper, ...reference, mode, side: sides, ranks: own }, `reference ${mode}`);
    const outputs = await check(f32, { ...paper, mode, side: sides, ranks: own }, `F32 ${mode}`);
    const whole = valuesOf(f32.to, stack).data;
    for (const [i, x] of valuesOf(outputs, stack).data.entries()) assert.ok(Math.abs(x - whole[i]!) <= 2e-7);
  }
});

test('an update that is projected onto the whole space is there whole, or gone', async () => {
  const full = { ...ranks, 'model.embed_tokens.weight': 12 };
  const name = 'model.embed_tokens.weight';
  const there = valuesOf(await written(f32, { ...paper, ranks: full }), name).data;
  const gone = valuesOf(await written(f32, { ...paper, ranks: full, mode: 'orthogonal' }), name).data;
  for (const [i, x] of valuesOf(f32.to, name).data.entries()) assert.ok(Math.abs(there[i]! - x) <= 1e-6);
  for (const [i, x] of valuesOf(f32.from, name).data.entries()) assert.ok(Math.abs(gone[i]! - x) <= 1e-6);
});

test('the subspace of an update that is zero takes nothing in', async () => {
  const still = { ...f32, base: f32.from };
  const zeros: Record<string, Artifacts> = {};
  for (const name of tensors) {
    const { u, s, v } = f32.svd[name]!;
    zeros[name] = { u: u!, v: v!, s: stored(new Uint8Array(s!.bytes), s!.tensor) };
  }
  const w = { ...still, svd: zeros };
  const [nothing, all] = [await written(w, paper), await written(w, { ...paper, mode: 'orthogonal' })];
  for (const name of tensors) {
    assert.equal(nothing[`tensor/${name}`], f32.from[`tensor/${name}`]);
    for (const [i, x] of valuesOf(f32.to, name).data.entries()) {
      assert.ok(Math.abs(valuesOf(all, name).data[i]! - x) <= 1e-6);
    }
  }
});

test('all else is that of the model that the update starts from', async () => {
  const outputs = await written(f32, paper);
  assert.equal(Object.keys(outputs).sort(), Object.keys(f32.from).sort());
  for (const name of ['tensor/steps', 'file/config.json', 'file/tokenizer.json']) {
    assert.is(outputs[name], f32.from[name]);
  }
  const { 'model.layers.0.up.weight': _, ...others } = ranks;
  const partly = await written(f32, { ...paper, ranks: others });
  assert.is(partly['tensor/model.layers.0.up.weight'], f32.from['tensor/model.layers.0.up.weight']);
});

test('config.json says in which type the weights are', async () => {
  const dtypeIn = async (w: World, model: ProjectedModel, config: JsonObject = {}) => {
    const outputs = await written(w, model, { ...inputsOf(w, model), from: { ...w.from, ...fileOf(config) } });
    const { digest } = outputs['file/config.json']!;
    return JSON.parse(Buffer.from(objects.get(digest)!).toString()) as JsonObject;
  };
  const fileOf = (config: JsonObject) => ({ 'file/config.json': stored(Buffer.from(JSON.stringify(config))) });
  assert.equal(await dtypeIn(bf16, paper, { torch_dtype: 'bfloat16', a: 1 }), { torch_dtype: 'bfloat16', a: 1 });
  const inF16 = { ...paper, ...reference };
  assert.equal(await dtypeIn(f16Read, inF16, { torch_dtype: 'bfloat16', a: 1 }), { torch_dtype: 'float16', a: 1 });
  assert.equal(await dtypeIn(f16Read, inF16, { dtype: 'bfloat16' }), { dtype: 'float16' });
  const double = await world('F64');
  const outputs = await check(double, paper, 'F64');
  assert.ok(tensors.every((name) => outputs[`tensor/${name}`]!.tensor!.dtype === 'F32'));
  assert.equal(await dtypeIn(double, paper, { torch_dtype: 'float64' }), { torch_dtype: 'float32' });
});

test('a tied output layer is not stored beside the embedding that it would no longer repeat', async () => {
  const head = 'tensor/lm_head.weight';
  const tied = { 'file/config.json': stored(Buffer.from('{"tie_word_embeddings":true}')) };
  const from = { ...f32.from, [head]: f32.from['tensor/model.embed_tokens.weight']!, ...tied };
  const inputs = { ...inputsOf(f32, paper), from };
  assert.not.ok(head in (await written(f32, paper, inputs)));
  const untied = { ...from, 'file/config.json': stored(Buffer.from('{}')) };
  assert.ok(head in (await written(f32, paper, { ...inputs, from: untied })));
});

test('errors name the tensor', async () => {
  const failure = async (inputs: Record<string, Artifacts>) => {
    try {
      await written(f32, paper, { ...inputsOf(f32, paper), ...inputs });
    } catch (error) {
      assert.instance(error, DataError);
      return (error as DataError).message;
    }
    throw new Error('it did not fail');
  };
  const name = 'model.layers.0.up.weight';
  const { [`tensor/${name}`]: good, ...lacking } = f32.to as Record<string, Artifact>;
  assert.is(await failure({ to: lacking }), `tensor ${name}: the model "to" lacks it`);
  const values = new Float32Array(9 * 17).fill(1);
  values[20] = Number.NaN;
  const bad = { ...lacking, [`tensor/${name}`]: stored(fromFloat32(values, 'F32'), good!.tensor) };
  assert.is(await failure({ to: bad }), `tensor ${name}: "to" holds NaN at row 1, column 3 (counted from 0)`);
  const other = { basis: f32.svd['model.embed_tokens.weight']!.v! };
  assert.match(await failure({ [`basis/${name}`]: other }), `tensor ${name}: input "basis/${name}" is a basis of 12`);
});

test('a model that is run has the weights that would be written', async () => {
  const { json, config } = await readFixture('qwen2-gqa');
  const weights = initialWeights(config);
  const modelShapes = architectureTensors(config);
  const movedBy = (size: number): Artifacts => {
    const model: Record<string, Artifact> = { 'file/config.json': stored(Buffer.from(JSON.stringify(json))) };
    for (const [name, values] of weights) {
      const noise = gaussian(values.length, 1, name).data;
      const moved = values.map((value, i) => value + size * noise[i]!);
      model[`tensor/${name}`] = stored(fromFloat32(moved, 'BF16'), { dtype: 'BF16', shape: modelShapes.get(name)! });
    }
    return model;
  };
  const [from, to] = [movedBy(0), movedBy(0.05)];
  const inputs: Record<string, Artifacts> = { from, to };
  for (const name of weights.keys()) {
    const ends = { from: { from: from[`tensor/${name}`]! }, to: { to: to[`tensor/${name}`]! } };
    const { u, s } = await decomposed(ends, {});
    inputs[`basis/${name}`] = { u: u! };
    inputs[`s/${name}`] = { s: s! };
  }
  const ones = Object.fromEntries([...weights.keys()].map((name) => [name, 1]));
  const recipe: ProjectedModel = { ...paper, side: 'left', ranks: ones };
  const made = await written(f32, recipe, inputs);
  const { decoder } = await runningModel(new DeviceContext({}, inputs, objects), recipe);
  for (const parameter of decoder.parameters) {
    const artifact = made[`tensor/${parameter.name}`]!;
    assert.is(parameter.type, 'BF16');
    assert.not.equal(artifact.digest, from[`tensor/${parameter.name}`]!.digest, parameter.name);
    assert.equal(Buffer.from(await decoder.weightsOf(parameter)), Buffer.from(objects.get(artifact.digest)!));
  }
  decoder.release();
});

test('projected weights that their type cannot hold are refused by tensor and place, in memory too', async () => {
  const name = 'model.layers.0.norm.weight';
  const ends = (value: number) => {
    const bytes = fromFloat32(new Float32Array(13).fill(value), 'F16');
    return { ...w.from, [`tensor/${name}`]: stored(bytes, { dtype: 'F16', shape: [13] }) };
  };
  const w = await world('F16');
  const [base, from, to] = [ends(0), ends(60_000), ends(-60_000)];
  const svd = await decomposed({ from: { x: base[`tensor/${name}`]! }, to: { x: from[`tensor/${name}`]! } }, {});
  // θ − Δ is 180,000.
  const model: ProjectedModel = { kind: 'projected', mode: 'opposite', side: 'left', ranks: { [name]: 1 } };
  try {
    await written({ ...w, base, from, to, svd: { [name]: svd } }, model);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, DataError);
    const place = 'row 0, column 0 (counted from 0)';
    assert.is(
      (error as Error).message,
      `tensor ${name}: the projected weights are beyond the range of f16 at ${place}`,
    );
  }
});

test.run();
