import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { type FloatType, fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { fillNormal } from '../../../src/linalg/normal.js';
import { RandomStream } from '../../../src/linalg/philox.js';
import { project } from '../../../src/steps/project.js';
import type { CombinedModel, CombinedTerm } from '../../../src/steps/recipes/combined.js';
import type { ProjectedModel } from '../../../src/steps/recipes/projected.js';
import type { MadeModel } from '../../../src/steps/recipes/registry.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { type Dense, dense, transpose } from '../../oracles/one-sided-jacobi.js';
import * as oracle from '../../oracles/projection.js';
import { roundedSum } from '../../oracles/rounding.js';
import { checkpoint, DeviceContext, decomposed, objects, shapes, stored, tensors, valuesOf } from './checkpoints.js';

/** Whole combined models, tensor by tensor against the definitions in f64. */

interface World {
  readonly base: Artifacts;
  readonly aligned: Artifacts;
  readonly tuned: Artifacts;
  /** By tensor, of the update from `base` to `aligned`. */
  readonly svd: Readonly<Record<string, Artifacts>>;
}

async function world(dtype: FloatType, heldAs?: 'F16', change: (model: Artifacts) => Artifacts = (model) => model) {
  const base = checkpoint(dtype, 'base', undefined, 1);
  const aligned = change(checkpoint(dtype, 'aligned', base, 0.1));
  const tuned = checkpoint(dtype, 'tuned', aligned, 0.05);
  const svd: Record<string, Artifacts> = {};
  for (const name of tensors) {
    const ends = { from: { from: base[`tensor/${name}`]! }, to: { to: aligned[`tensor/${name}`]! } };
    svd[name] = await decomposed(ends, heldAs === undefined ? {} : { heldAs });
  }
  return { base, aligned, tuned, svd };
}

type ModelName = 'base' | 'aligned' | 'tuned';
/** A term, and the update that it is of. */
type Of = readonly [term: CombinedTerm, from: ModelName, to: ModelName];

async function written(
  w: World,
  origin: ModelName,
  terms: readonly Of[],
  heldAs?: 'F16',
  changed: Record<string, Artifacts> = {},
): Promise<Artifacts> {
  const model: CombinedModel = { kind: 'combined', terms: terms.map(([term]) => term), ...(heldAs && { heldAs }) };
  const inputs: Record<string, Artifacts> = { origin: w[origin] };
  for (const [index, [term, from, to]] of terms.entries()) {
    if (term.kind === 'noise') continue;
    Object.assign(inputs, { [`term/${index}/from`]: w[from], [`term/${index}/to`]: w[to] });
    if (term.kind === 'projected') Object.assign(inputs, basesOf(w, term.of, `term/${index}/`));
  }
  return run(model, { ...inputs, ...changed });
}

async function run(model: MadeModel, inputs: Record<string, Artifacts>): Promise<Artifacts> {
  const context = new DeviceContext({ model }, inputs, objects);
  await (await implementationOf(project.kind))(context);
  return context.outputs;
}

function basesOf(w: World, { side, ranks }: ProjectedModel, prefix: string): Record<string, Artifacts> {
  const inputs: Record<string, Artifacts> = { [`${prefix}onto-from`]: w.base, [`${prefix}onto-to`]: w.aligned };
  for (const [name, rank] of Object.entries(ranks)) {
    if (rank === null || rank === 'whole') continue;
    const { u, v, s } = w.svd[name]!;
    inputs[`${prefix}basis/${name}`] = { basis: (side === 'left' || shapes[name]!.length < 2 ? u : v)! };
    inputs[`${prefix}s/${name}`] = { s: s! };
  }
  return inputs;
}

const isWide = ({ rows, columns }: Dense) => columns > rows;
const tall = (matrix: Dense) => (isWide(matrix) ? transpose(matrix) : matrix);
const own = (matrix: Dense, like: Dense) => (isWide(like) ? transpose(matrix) : matrix);

/** A matrix, and what it is multiplied by in the sum. */
type Part = readonly [values: Dense, times: number];

/** What one term adds, in f64; empty where the term leaves the tensor alone. */
function partsOf(w: World, [term, from, to]: Of, name: string, theta: Dense, heldAs?: 'F16'): Part[] {
  const read = (values: Dense) => (heldAs === undefined ? values : oracle.roundTo(values, heldAs));
  const ends = [read(valuesOf(w[to], name)), read(valuesOf(w[from], name))] as const;
  const update = read(oracle.difference(...ends));
  const { times } = term;
  if (term.kind === 'projected') {
    const { ranks, side, mode, castUpdate } = term.of;
    if (!(name in ranks)) return [];
    const left = side === 'left' || shapes[name]!.length < 2;
    const rank = ranks[name]!;
    const onto = read(oracle.difference(read(valuesOf(w.aligned, name)), read(valuesOf(w.base, name))));
    const part = (): Dense => {
      if (rank === 'whole') return update;
      if (rank === null) return oracle.inMode(update, oracle.projectOntoUpdate(update, onto), mode);
      return oracle.inMode(update, oracle.project(update, basisOf(w, name, left), rank, left ? 'left' : 'right'), mode);
    };
    const projected = part();
    return [[castUpdate === undefined ? projected : oracle.roundTo(projected, castUpdate), times]];
  }
  if (!term.tensors.includes(name)) return [];
  if (term.kind === 'noise') {
    const drawn = new Float32Array(theta.data.length);
    fillNormal(new RandomStream(term.seed, `noise/${name}`), drawn);
    const noise = own({ ...tall(theta), data: Float64Array.from(drawn) }, theta);
    return [[noise, times * Math.sqrt(oracle.energy(theta) / oracle.energy(noise))]];
  }
  const whole: Part[] =
    heldAs === undefined
      ? [
          [ends[0], 1],
          [ends[1], -1],
        ]
      : [[update, 1]];
  if (term.dare === undefined) return whole.map(([values, sign]) => [values, sign * times]);
  const { drop, seed } = term.dare;
  const bits = new Uint32Array(update.data.length);
  new RandomStream(seed, `dare/${name}`).fill(bits);
  const thinned = (values: Dense) => own({ ...tall(values), data: tall(values).data.map((value, i) => (bits[i]! / 2 ** 32 < drop ? 0 : value)) }, values); // biome-ignore format: one line
  return whole.map(([values, sign]) => [thinned(values), (sign * times) / (1 - drop)]);
}

function basisOf(w: World, name: string, left: boolean): Dense {
  const artifact = w.svd[name]![left ? 'u' : 'v']!;
  const [rows, columns] = artifact.tensor!.shape as [number, number];
  const rank = new Float64Array(objects.get(w.svd[name]!.s!.digest)!.slice().buffer).filter((s, _, all) => s > all[0]! * 2 ** -22).length; // biome-ignore format: one line
  const values = Float64Array.from(toFloat32(objects.get(artifact.digest)!, 'F32'));
  return dense(rows, columns, values.map((value, i) => (i % columns < rank ? value : 0))); // biome-ignore format: one line
}

const steps = { F32: 2 ** -23, F64: 2 ** -23, F16: 2 ** -10, BF16: 2 ** -7 } as const;

/** Checks every tensor; terms without a product of matrices to the last bit. */
async function check(
  w: World,
  origin: ModelName,
  terms: readonly Of[],
  what: string,
  heldAs?: 'F16',
): Promise<Artifacts> {
  const outputs = await written(w, origin, terms, heldAs);
  for (const name of tensors) {
    const dtype = w[origin][`tensor/${name}`]!.tensor!.dtype as FloatType;
    const stored = valuesOf(w[origin], name);
    const theta = heldAs === undefined ? stored : oracle.roundTo(stored, heldAs);
    const parts = terms.flatMap((term) => partsOf(w, term, name, theta, heldAs));
    const found = outputs[`tensor/${name}`]!;
    if (parts.length === 0) {
      assert.is(found, w[origin][`tensor/${name}`], `${what}: ${name} is not that of the origin`);
      continue;
    }
    const type = heldAs ?? (dtype === 'F64' ? 'F32' : dtype);
    assert.equal(found.tensor, { dtype: type, shape: shapes[name] });
    const exact = terms.every(([term]) => term.kind !== 'projected');
    for (const [i, x] of valuesOf(outputs, name).data.entries()) {
      const y = roundedSum([[theta.data[i]!, 1], ...parts.map(([values, times]) => [values.data[i]!, times] as const)], type as 'F32'); // biome-ignore format: one line
      const bar = exact ? 0 : 1e-6 + steps[type] * Math.abs(y);
      assert.ok(Math.abs(x - y) <= bar, `${what}: ${name}, element ${i} is ${x}, not ${y}`);
    }
  }
  return outputs;
}

const ranks = { 'model.embed_tokens.weight': 5, 'model.layers.0.up.weight': 4, 'model.layers.0.stack.weight': 3 };
const all = (times: number, dare?: { drop: number; seed: number }): CombinedTerm => ({ kind: 'update', times, tensors, ...(dare && { dare }) }); // biome-ignore format: one line
const cut = (times: number, model: Partial<ProjectedModel> = {}): CombinedTerm => ({ kind: 'projected', times, of: { kind: 'projected', mode: 'parallel', side: 'left', ranks, ...model } }); // biome-ignore format: one line
const noise = (times: number, seed = 1): CombinedTerm => ({ kind: 'noise', times, seed, tensors: tensors.filter((name) => shapes[name]!.length > 1) }); // biome-ignore format: one line
const [f32, bf16] = [await world('F32'), await world('BF16')];

test('updates, projected updates, thinned updates and noise are those of the definitions, alone and together', async () => {
  for (const [w, what] of [
    [f32, 'F32'],
    [bf16, 'BF16'],
    [await world('F64'), 'F64'],
    [await world('F16'), 'F16'],
  ] as const) {
    await check(w, 'tuned', [[all(0.3), 'base', 'aligned']], `${what}, whole`);
    await check(w, 'tuned', [[all(-1.7, { drop: 0.3, seed: 1 }), 'base', 'aligned']], `${what}, DARE`);
    await check(w, 'aligned', [[noise(0.1), 'base', 'base']], `${what}, noise`);
    for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
      for (const side of ['left', 'right'] as const) {
        await check(w, 'tuned', [[cut(0.7, { mode, side }), 'aligned', 'tuned']], `${what}, ${mode} ${side}`);
      }
    }
    const mixed = { ...ranks, 'model.layers.0.norm.weight': 'whole' } as const;
    await check(w, 'tuned', [[cut(0.7, { mode: 'orthogonal', ranks: mixed }), 'aligned', 'tuned']], `${what}, a tensor whole`); // biome-ignore format: one line
    const many: Of[] = [
      [all(0.5, { drop: 0.5, seed: 2 }), 'base', 'aligned'],
      [cut(-0.6), 'aligned', 'tuned'],
      [noise(0.05), 'base', 'base'],
      [all(0.25), 'aligned', 'tuned'],
    ];
    await check(w, 'base', many, `${what}, together`);
  }
});

test('in reference semantics checkpoints and differences are held in F16', async () => {
  const w = await world('BF16', 'F16');
  const none = Object.fromEntries(tensors.map((name) => [name, null]));
  await check(
    w,
    'tuned',
    [
      [all(0.3), 'base', 'aligned'],
      [noise(0.1), 'base', 'base'],
    ],
    'whole',
    'F16',
  );
  const held = { heldAs: 'F16', castUpdate: 'F16', zeroAsUnits: true } as const;
  await check(w, 'tuned', [[cut(0.5, held), 'aligned', 'tuned']], 'projected', 'F16');
  await check(w, 'tuned', [[cut(0.5, { ...held, ranks: none }), 'aligned', 'tuned']], 'scalar', 'F16');
});

test('of an update that is zero or of low rank nothing is added but what it holds', async () => {
  const same = (model: Artifacts) => ({ ...model, 'tensor/model.layers.0.up.weight': checkpoint('F32', 'base', undefined, 1)['tensor/model.layers.0.up.weight']! }); // biome-ignore format: one line
  const lowRank = (model: Artifacts) => {
    const name = 'model.embed_tokens.weight';
    const before = valuesOf(checkpoint('F32', 'base', undefined, 1), name).data;
    const values = before.map((value, i) => value + ((i % 12) - 5) * ((Math.floor(i / 12) % 7) - 3) * 2 ** -6);
    return { ...same(model), [`tensor/${name}`]: stored(fromFloat32(Float32Array.from(values), 'F32'), { dtype: 'F32', shape: shapes[name]! }) }; // biome-ignore format: one line
  };
  const w = await world('F32', undefined, lowRank);
  for (const mode of ['parallel', 'orthogonal'] as const) {
    await check(w, 'tuned', [[cut(1.5, { mode }), 'base', 'aligned']], mode);
    await check(w, 'base', [[cut(1.5, { mode }), 'aligned', 'tuned']], `onto it, ${mode}`);
  }
  await check(
    w,
    'tuned',
    [
      [all(1), 'base', 'aligned'],
      [all(-2, { drop: 0.9, seed: 1 }), 'base', 'aligned'],
    ],
    'whole',
  );
});

test('interpolation gives both ends to the bit, and the way back from one to the other', async () => {
  for (const w of [f32, bf16]) {
    const wide = { ...w, tuned: checkpoint('F32', 'far', undefined, 1e-12) };
    for (const at of w === f32 ? [w, wide] : [w]) {
      for (const [times, end] of [
        [0, 'base'],
        [1, 'tuned'],
      ] as const) {
        const outputs = await written(at, 'base', [[all(times), 'base', 'tuned']]);
        for (const name of tensors) assert.equal(valuesOf(outputs, name).data, valuesOf(at[end], name).data, `${times} ${name}`); // biome-ignore format: one line
      }
      const back = await written(at, 'tuned', [[all(-1), 'base', 'tuned']]);
      for (const name of tensors) assert.equal(valuesOf(back, name).data, valuesOf(at.base, name).data);
    }
  }
});

test('the order of the terms changes no bit, and a term in two parts is the term', async () => {
  const terms: Of[] = [
    [all(0.5), 'base', 'aligned'],
    [all(-0.25), 'aligned', 'tuned'],
    [noise(0.1), 'base', 'base'],
  ];
  const [one, other] = [await written(bf16, 'base', terms), await written(bf16, 'base', [...terms].reverse())];
  for (const name of tensors) assert.is(one[`tensor/${name}`]!.digest, other[`tensor/${name}`]!.digest);
  const halves: Of[] = [
    [all(0.25), 'base', 'aligned'],
    [all(0.25), 'base', 'aligned'],
  ];
  const [twice, once] = [await written(f32, 'tuned', halves), await written(f32, 'tuned', [[all(0.5), 'base', 'aligned']])]; // biome-ignore format: one line
  for (const name of tensors) assert.is(twice[`tensor/${name}`]!.digest, once[`tensor/${name}`]!.digest);
});

test('a projected update once is the projected model', async () => {
  for (const [w, bits] of [
    [f32, 0],
    [bf16, 1],
  ] as const) {
    for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
      const { of } = cut(1, { mode, side: 'right' }) as { of: ProjectedModel };
      const one = await written(w, 'aligned', [[cut(1, { mode, side: 'right' }), 'aligned', 'tuned']]);
      const other = await run(of, { from: w.aligned, to: w.tuned, ...basesOf(w, of, '') });
      for (const name of tensors) {
        const [found, expected] = [valuesOf(one, name).data, valuesOf(other, name).data];
        // That one is rounded to f32 on the way, which may turn a tie of the narrower type.
        const differing = [...found].filter((value, i) => value !== expected[i]);
        assert.ok(differing.length <= bits, `${mode} ${name}: ${differing.length} differ`);
      }
    }
  }
});

test('a rank cut at full rank, and what is inside and outside of it, make the whole update', async () => {
  const full = { 'model.embed_tokens.weight': 12, 'model.layers.0.up.weight': 9, 'model.layers.0.stack.weight': 5 };
  const matrices = Object.keys(full);
  const whole = await written(f32, 'tuned', [[{ ...all(1), tensors: matrices } as CombinedTerm, 'base', 'aligned']]);
  const cutWhole = await written(f32, 'tuned', [[cut(1, { ranks: full }), 'base', 'aligned']]);
  const parts = await written(f32, 'tuned', [[cut(1), 'base', 'aligned'], [cut(1, { mode: 'orthogonal' }), 'base', 'aligned']]); // biome-ignore format: one line
  for (const name of tensors) {
    for (const [i, x] of valuesOf(whole, name).data.entries()) {
      assert.ok(Math.abs(valuesOf(cutWhole, name).data[i]! - x) <= 1e-6, name);
      assert.ok(Math.abs(valuesOf(parts, name).data[i]! - x) <= 1e-6, name);
    }
  }
});

test('the mean of DARE over seeds is the update, and of noise the norm is that of the weights', async () => {
  const name = 'model.embed_tokens.weight';
  const update = oracle.difference(valuesOf(f32.aligned, name), valuesOf(f32.base, name));
  const mean = new Float64Array(update.data.length);
  const seeds = 400;
  const drop = 0.5;
  for (let seed = 0; seed < seeds; seed++) {
    const term = { kind: 'update', times: 1, tensors: [name], dare: { drop, seed } } as const;
    const outputs = await written(f32, 'base', [[term, 'base', 'aligned']]);
    const changed = oracle.difference(valuesOf(outputs, name), valuesOf(f32.base, name)).data;
    const kept = changed.filter((value) => value !== 0).length / changed.length;
    assert.ok(Math.abs(kept - (1 - drop)) < 0.15, `seed ${seed} keeps ${kept}`);
    changed.forEach((value, i) => {
      mean[i]! += value / seeds;
    });
  }
  // The variance of an element's mean over the seeds is Δ² p / (1 − p) / seeds.
  const off = [...mean].map((value, i) => (value - update.data[i]!) / (Math.abs(update.data[i]!) * Math.sqrt(drop / (1 - drop) / seeds))); // biome-ignore format: one line
  assert.ok(Math.max(...off.map(Math.abs)) < 4.5);
  const spread = off.reduce((sum, value) => sum + value * value, 0) / off.length;
  assert.ok(spread > 0.8 && spread < 1.25, `${spread}`);

  for (const [times, w] of [
    [0.1, f32],
    [-0.5, f32],
  ] as const) {
    const outputs = await written(w, 'aligned', [[noise(times), 'base', 'base']]);
    for (const tensor of Object.keys(ranks)) {
      const theta = valuesOf(w.aligned, tensor);
      const added = oracle.energy(oracle.difference(valuesOf(outputs, tensor), theta));
      assert.ok(Math.abs(Math.sqrt(added / oracle.energy(theta)) - Math.abs(times)) < 1e-6);
    }
    assert.is(outputs['tensor/model.layers.0.norm.weight'], w.aligned['tensor/model.layers.0.norm.weight']);
  }
});

test('DARE that drops nothing is the update, and seeds and tensors have masks of their own', async () => {
  const [whole, kept, one, other] = await Promise.all(
    [all(1), all(1, { drop: 0, seed: 5 }), all(1, { drop: 0.5, seed: 1 }), all(1, { drop: 0.5, seed: 2 })].map((term) =>
      written(f32, 'tuned', [[term, 'base', 'aligned']]),
    ),
  );
  for (const name of tensors) {
    assert.is(kept![`tensor/${name}`]!.digest, whole![`tensor/${name}`]!.digest);
    assert.is.not(one![`tensor/${name}`]!.digest, other![`tensor/${name}`]!.digest);
  }
});

test('tensors of no term, and all files, are those of the origin', async () => {
  const outputs = await written(f32, 'tuned', [[cut(1), 'base', 'aligned']]);
  for (const output of [
    'tensor/model.layers.0.norm.weight',
    'tensor/steps',
    'file/config.json',
    'file/tokenizer.json',
  ]) {
    assert.is(outputs[output], f32.tuned[output]);
  }
});

test('errors name the tensor, the input and what does not fit', async () => {
  const name = 'model.layers.0.up.weight';
  const failure = async (terms: readonly Of[], changed: Record<string, Artifacts>, w = f32): Promise<string> => {
    try {
      await written(w, 'tuned', terms, undefined, changed);
    } catch (error) {
      assert.instance(error, DataError);
      return (error as DataError).message;
    }
    throw new Error('it did not fail');
  };
  const of: Of[] = [[all(1), 'base', 'aligned']];
  const { [`tensor/${name}`]: good, ...lacking } = f32.base as Record<string, Artifact>;
  const withValue = (at: number, value: number, shape = [9, 17], dtype: 'F32' | 'F16' = 'F32'): Artifacts => {
    const values = new Float32Array(9 * 17).fill(1);
    values[at] = value;
    return { ...lacking, [`tensor/${name}`]: stored(fromFloat32(values, dtype), { dtype, shape }) };
  };
  assert.is(await failure(of, { 'term/0/to': lacking }), `tensor ${name}: the model "term/0/to" lacks it`);
  assert.is(
    await failure(of, { 'term/0/from': withValue(20, Number.NaN) }),
    `tensor ${name}: "term/0/from" holds NaN at row 1, column 3 (counted from 0)`,
  );
  assert.is(
    await failure(of, {
      origin: { ...f32.tuned, [`tensor/${name}`]: withValue(0, Number.POSITIVE_INFINITY)[`tensor/${name}`]! },
    }),
    `tensor ${name}: "origin" holds Infinity at row 0, column 0 (counted from 0)`,
  );
  const turned = withValue(0, 1, [17, 9]);
  assert.match(
    await failure(of, { 'term/0/from': turned, 'term/0/to': turned }),
    `tensor ${name}: "origin" has shape [9, 17] and "term/0/from" [17, 9]`,
  );
  const half = {
    origin: { ...f32.tuned, [`tensor/${name}`]: withValue(18, 60000, [9, 17], 'F16')[`tensor/${name}`]! },
  };
  const grown = { ...half, 'term/0/from': withValue(18, 0), 'term/0/to': withValue(18, 6000) };
  assert.is(
    await failure(of, grown),
    `tensor ${name}: the sum of the terms is beyond the range of f16 at row 1, column 1 (counted from 0)`,
  );
});

test.run();
