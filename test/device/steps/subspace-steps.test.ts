import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import type { FloatType } from '../../../src/formats/float-conversion.js';
import type { JsonObject } from '../../../src/formats/json.js';
import type { CosineResult, EnergyResult } from '../../../src/formats/step-results.js';
import { cosine as cosineStep } from '../../../src/steps/cosine.js';
import { type EnergyParams, energy as energyStep } from '../../../src/steps/energy.js';
import { svd } from '../../../src/steps/svd.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { gaussian, updateMatrices } from '../../oracles/matrices.js';
import { dense, multiply, svdOracle } from '../../oracles/one-sided-jacobi.js';
import { energy, inMode, project, projectOntoUpdate, randomLike, realised } from '../../oracles/projection.js';
import { MemoryContext } from '../../unit/steps/memory-context.js';
import { device } from '../device.js';
import { objects } from './checkpoints.js';
import { epsilon, jsonOf, run, stored, type World, world } from './subspace-lab.js';

async function checkEnergy(w: World, dtype: FloatType, side: 'left' | 'right', what: string, heldAs?: 'F16') {
  const read = heldAs && { heldAs };
  const bases = await run(svd, { ...read }, { from: w.base, to: w.aligned });
  const truth = svdOracle(w.alignment);
  const r = truth.s.length;
  const largest = truth.s[0]!;
  const ranks = [...new Set([1, Math.ceil(r / 4), Math.ceil(r / 2), r])].sort((a, b) => a - b);
  const total = energy(w.task);
  for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
    const params: EnergyParams = { mode, side, ranks, ...read, ...(heldAs && { castUpdate: heldAs }) };
    const basis = bases[side === 'right' ? 'v' : 'u']!;
    const outputs = await run(energyStep, params, { from: w.aligned, to: w.tuned, basis });
    const found = jsonOf<EnergyResult>(outputs.energy!);
    assert.is(found.kept.length, r);
    assert.ok(Math.abs(found.total - total) <= 1e-6 * total, `${what}: total ${found.total}, not ${total}`);
    for (let k = 1; k <= r; k++) {
      const gap = truth.s[k - 1]! - (truth.s[k] ?? 0);
      const whole = k === r && w.task[side === 'right' ? 'columns' : 'rows'] === r;
      const bar = whole ? 2e-6 : Math.max(2e-6, (8 * epsilon * largest) / gap);
      if (!(bar < 0.1)) continue;
      // A whole basis spans everything; the oracle has no vectors for singular values that are zero.
      const inside = whole ? w.task : project(w.task, side === 'right' ? truth.v : truth.u, k, side);
      const wanted = inMode(w.task, inside, mode);
      const error = Math.abs(found.kept[k - 1]! - energy(wanted)) / total;
      assert.ok(error <= bar, `${what}, ${mode}: energy kept at rank ${k} is off by ${error}, bar ${bar}`);
      const at = ranks.indexOf(k);
      if (at < 0) continue;
      const change = realised(w.weights, wanted, heldAs ?? dtype, heldAs);
      const difference = Math.abs(found.realised[at]! - change) / total;
      // A sum that rounds the other way because Δ_proj differs in its last bits moves by one unit of the storage type.
      assert.ok(difference <= 2 * bar + 2e-4, `${what}, ${mode}: realised at rank ${k} is off by ${difference}`);
    }
  }
}

for (const [name, make] of Object.entries(updateMatrices)) {
  test(`energies agree with the definitions in f64 in paper and reference semantics: ${name}`, async () => {
    const alignment = make();
    await checkEnergy(world(alignment, 'F32'), 'F32', 'right', 'paper');
    if (name === 'huge numbers') return; // beyond F16
    await checkEnergy(world(alignment, 'F32', 'F16'), 'F32', 'left', 'reference', 'F16');
  });
}

test('energies agree with the definitions for checkpoints of every storage type', async () => {
  for (const dtype of ['BF16', 'F16', 'F64'] as const) {
    for (const [rows, columns] of [
      [70, 31],
      [31, 70],
    ] as const) {
      const alignment = gaussian(rows, columns, dtype);
      await checkEnergy(world(alignment, dtype), dtype, 'right', `${dtype} paper`);
      await checkEnergy(world(alignment, dtype, 'F16'), dtype, 'left', `${dtype} reference`, 'F16');
    }
  }
});

test('a 1-D tensor is projected onto the direction of its alignment vector, on either side', async () => {
  const w = world(gaussian(57, 1, 'vector'), 'F32', undefined, true);
  const { u, s, v } = await run(svd, {}, { from: w.base, to: w.aligned });
  assert.equal(u!.tensor!.shape, [57, 1]);
  assert.equal(v!.tensor!.shape, [1, 1]);
  const norm = Math.sqrt(energy(w.alignment));
  assert.ok(Math.abs(new Float64Array(objects.get(s!.digest)!.slice().buffer)[0]! - norm) <= 1e-6 * norm);
  const product = w.task.data.reduce((sum, x, i) => sum + x * w.alignment.data[i]!, 0);
  for (const side of ['left', 'right'] as const) {
    const params: EnergyParams = { mode: 'parallel', side, ranks: [1] };
    const outputs = await run(energyStep, params, { from: w.aligned, to: w.tuned, basis: u! });
    const { kept, total } = jsonOf<EnergyResult>(outputs.energy!);
    assert.ok(Math.abs(kept[0]! - (product / norm) ** 2) <= 2e-6 * total);
  }
});

test('fractions of one and more project the whole tensor onto its alignment update, in every mode', async () => {
  const w = world(gaussian(20, 45, 'scalar'), 'F32', 'F16');
  const bases = await run(svd, { heldAs: 'F16' }, { from: w.base, to: w.aligned });
  const product = w.task.data.reduce((sum, x, i) => sum + x * w.alignment.data[i]!, 0);
  const factor = product / energy(w.alignment);
  const inside = { ...w.alignment, data: w.alignment.data.map((x) => factor * x) };
  const total = energy(w.task);
  for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
    const params: EnergyParams = { mode, side: 'left', ranks: [], scalar: 'update', heldAs: 'F16', castUpdate: 'F16' };
    const inputs = { from: w.aligned, to: w.tuned, basis: bases.u!, 'onto-from': w.base, 'onto-to': w.aligned };
    const { scalar } = jsonOf<EnergyResult>((await run(energyStep, params, inputs)).energy!);
    const wanted = inMode(w.task, inside, mode);
    assert.ok(Math.abs(scalar!.kept - energy(wanted)) <= 2e-6 * total, `${mode}: kept`);
    assert.ok(
      Math.abs(scalar!.realised - realised(w.weights, wanted, 'F16', 'F16')) <= 2e-4 * total,
      `${mode}: realised`,
    );
  }
});

test('without a basis the whole update is kept: its energy, and the change that a checkpoint takes', async () => {
  for (const [rows, columns, flat] of [
    [20, 45, false],
    [45, 20, false],
    [33, 1, true],
  ] as const) {
    for (const heldAs of [undefined, 'F16'] as const) {
      const w = world(gaussian(rows, columns, 'whole'), 'F32', heldAs, flat);
      const rounding = heldAs && { heldAs, castUpdate: heldAs };
      const params: EnergyParams = { mode: 'parallel', side: 'left', ranks: [], scalar: 'whole', ...rounding };
      const found = jsonOf<EnergyResult>((await run(energyStep, params, { from: w.aligned, to: w.tuned })).energy!);
      const total = energy(w.task);
      assert.ok(Math.abs(found.total - total) <= 1e-6 * total);
      assert.equal([found.kept, found.realised, found.scalar!.kept], [[], [], found.total]);
      const change = realised(w.weights, w.task, heldAs ?? 'F32', heldAs);
      assert.ok(Math.abs(found.scalar!.realised - change) <= 2e-4 * total);
    }
  }
  const still = world(dense(6, 4, new Float64Array(24)), 'F32');
  const params: EnergyParams = { mode: 'parallel', side: 'left', ranks: [], scalar: 'whole' };
  const nothing = jsonOf<EnergyResult>((await run(energyStep, params, { from: still.base, to: still.base })).energy!);
  assert.equal(nothing, { total: 0, kept: [], realised: [], scalar: { kept: 0, realised: 0 } });
});

test('the subspace of a zero update keeps nothing of any tensor', async () => {
  const zero = dense(12, 5, new Float64Array(60));
  const w = world(zero, 'F32');
  const { v, s } = await run(svd, {}, { from: w.base, to: w.aligned });
  for (const [mode, part] of [
    ['parallel', 0],
    ['opposite', 0],
    ['orthogonal', 1],
  ] as const) {
    const params: EnergyParams = { mode, side: 'right', ranks: [1, 5] };
    const outputs = await run(energyStep, params, { from: w.aligned, to: w.tuned, basis: v!, s: s! });
    const { total, kept, realised } = jsonOf<EnergyResult>(outputs.energy!);
    assert.ok(total > 0);
    assert.equal(
      kept,
      [1, 2, 3, 4, 5].map(() => part * total),
    );
    for (const value of realised) assert.ok(Math.abs(value - part * total) <= 1e-6 * total);
  }
});

test('the published code keeps what lies along the first unit vectors of a zero matrix, and nothing along a zero vector', async () => {
  for (const [rows, columns, flat] of [
    [12, 5, false],
    [5, 12, false],
    [12, 1, true],
  ] as const) {
    const w = world(dense(rows, columns, new Float64Array(rows * columns)), 'F32', undefined, flat);
    const { u, s } = await run(svd, {}, { from: w.base, to: w.aligned });
    const params: EnergyParams = { mode: 'parallel', side: 'left', ranks: [1], zeroAsUnits: true };
    const outputs = await run(energyStep, params, { from: w.aligned, to: w.tuned, basis: u!, s: s! });
    const { kept } = jsonOf<EnergyResult>(outputs.energy!);
    for (const [i, value] of kept.entries()) {
      const wanted = flat ? 0 : energy(dense(i + 1, columns, w.task.data.slice(0, (i + 1) * columns)));
      assert.ok(Math.abs(value - wanted) <= 2e-6 * energy(w.task), `${rows}×${columns}, rank ${i + 1}`);
    }
  }
});

test('the subspace of an update of rank 3 has 3 directions at every k, on both sides, in order and shuffled', async () => {
  for (const [rows, columns] of [
    [40, 12],
    [12, 40],
  ] as const) {
    const alignment = multiply(gaussian(rows, 3, 'left factor'), gaussian(3, columns, 'right factor'));
    const w = world(alignment, 'F64');
    const bases = await run(svd, {}, { from: w.base, to: w.aligned });
    const truth = svdOracle(w.alignment);
    const total = energy(w.task);
    for (const side of ['left', 'right'] as const) {
      const inside = energy(project(w.task, side === 'right' ? truth.v : truth.u, 3, side));
      for (const permute of [undefined, { seed: 3, stream: 'w' }]) {
        const params: EnergyParams = { mode: 'parallel', side, ranks: [12], ...(permute && { permute }) };
        const inputs = { from: w.aligned, to: w.tuned, basis: bases[side === 'right' ? 'v' : 'u']!, s: bases.s! };
        const { kept, realised } = jsonOf<EnergyResult>((await run(energyStep, params, inputs)).energy!);
        const increments = kept.map((sum, i) => sum - (kept[i - 1] ?? 0));
        assert.is(increments.filter((step) => step > 1e-9 * total).length, 3, `${rows}×${columns}, ${side}`);
        assert.ok(Math.abs(kept.at(-1)! - inside) <= 2e-6 * total, `${rows}×${columns}, ${side}: kept`);
        assert.ok(Math.abs(realised[0]! - inside) <= 1e-5 * total, `${rows}×${columns}, ${side}: realised`);
      }
    }
  }
});

test('Random-K takes the singular vectors in a seeded random order: all of them at full rank, another set for another seed', async () => {
  const w = world(gaussian(40, 24, 'permuted'), 'F32');
  const { v } = await run(svd, {}, { from: w.base, to: w.aligned });
  const kept = async (params: Partial<EnergyParams>) => {
    const all: EnergyParams = { mode: 'parallel', side: 'right', ranks: [], ...params };
    return jsonOf<EnergyResult>((await run(energyStep, all, { from: w.aligned, to: w.tuned, basis: v! })).energy!).kept;
  };
  const increments = (sums: readonly number[]) => sums.map((sum, i) => sum - (sums[i - 1] ?? 0));
  const topK = await kept({});
  const one = await kept({ permute: { seed: 1, stream: 'w' } });
  const two = await kept({ permute: { seed: 2, stream: 'w' } });
  assert.equal(await kept({ permute: { seed: 1, stream: 'w' } }), one);
  assert.not.equal(one, two);
  const sorted = (sums: readonly number[]) => increments(sums).sort((a, b) => a - b);
  for (const other of [one, two]) {
    sorted(other).forEach((x, i) => {
      assert.ok(Math.abs(x - sorted(topK)[i]!) <= 1e-6 * topK.at(-1)!);
    });
  }
});

test('a scalar projection onto a random matrix keeps what its own direction holds, and that depends on the seed', async () => {
  for (const [rows, columns] of [
    [20, 45],
    [45, 20],
  ] as const) {
    const w = world(gaussian(rows, columns, 'random scalar'), 'F32', 'F16');
    const bases = await run(svd, { heldAs: 'F16' }, { from: w.base, to: w.aligned });
    const inputs = { from: w.aligned, to: w.tuned, basis: bases.u! };
    const kept: number[] = [];
    for (const seed of [1, 2]) {
      const how = { mode: 'parallel', side: 'left', ranks: [], heldAs: 'F16', castUpdate: 'F16' } as const;
      const params: EnergyParams = { ...how, scalar: { seed, stream: 'w' } };
      const { scalar } = jsonOf<EnergyResult>((await run(energyStep, params, inputs)).energy!);
      const inside = projectOntoUpdate(w.task, randomLike(w.task, seed, 'w'));
      assert.ok(Math.abs(scalar!.kept - energy(inside)) <= 2e-6 * energy(w.task));
      assert.ok(Math.abs(scalar!.realised - realised(w.weights, inside, 'F16', 'F16')) <= 2e-4 * energy(w.task));
      kept.push(scalar!.kept);
    }
    assert.not.equal(kept[0], kept[1]);
  }
});

test('cosines of two updates are those of their long vectors, of vectors and zero updates too', async () => {
  for (const [alignment, flat] of [
    [gaussian(31, 12, 'tall cosine'), false],
    [gaussian(12, 31, 'wide cosine'), false],
    [gaussian(23, 1, 'vector cosine'), true],
  ] as const) {
    const w = world(alignment, 'F32', undefined, flat);
    const inputs = { from: w.aligned, to: w.tuned, 'onto-from': w.base, 'onto-to': w.aligned };
    const found = jsonOf<CosineResult>((await run(cosineStep, {}, inputs)).cosine!);
    const product = w.task.data.reduce((sum, x, i) => sum + x * w.alignment.data[i]!, 0);
    const bar = 1e-6 * Math.sqrt(energy(w.task) * energy(w.alignment));
    assert.ok(Math.abs(found.product - product) <= bar);
    assert.ok(Math.abs(found.energy - energy(w.task)) <= 1e-6 * energy(w.task));
    assert.ok(Math.abs(found.ontoEnergy - energy(w.alignment)) <= 1e-6 * energy(w.alignment));
    const still = { ...inputs, 'onto-to': w.base };
    assert.is(jsonOf<CosineResult>((await run(cosineStep, {}, still)).cosine!).ontoEnergy, 0);
  }
});

test('a difference of halves is a half: reference semantics subtract as the published code does', async () => {
  // 1.0009765625 − 0.00030612945556640625 has more digits than a half: the nearest one is 1.0009765625 − 2⁻¹¹ + …
  const [from, to] = [0.00030612945556640625, 1.0009765625];
  const zero = stored(dense(1, 1, [from]), 'F32');
  const one = stored(dense(1, 1, [to]), 'F32');
  const s = async (params: JsonObject) =>
    new Float64Array(objects.get((await run(svd, params, { from: zero, to: one })).s!.digest)!.slice().buffer)[0]!;
  assert.is(await s({ heldAs: 'F16' }), 1.0009765625);
  assert.ok(Math.abs((await s({})) - (to - from)) < 1e-7);
});

test('a difference beyond the range of halves is an error', async () => {
  const end = (value: number) => stored(dense(1, 1, [value]), 'F32');
  for (const [from, to, told] of [
    [-60000, 60000, /beyond the range of f16/],
    [0, 70000, /"to" holds Infinity at row 0, column 0 \(counted from 0\) when it is rounded to f16/],
  ] as const) {
    try {
      await run(svd, { heldAs: 'F16' }, { from: end(from), to: end(to) });
      assert.unreachable();
    } catch (error) {
      assert.match((error as DataError).message, told);
      assert.match((error as DataError).hint!, /`semantics: paper` computes with the numbers as they are stored/);
    }
  }
});

test('weights plus a projected update beyond the range of halves are an error at a rank and in a scalar projection, never energy 0', async () => {
  const end = (value: number) => stored(dense(2, 2, [value, 0.5, 0.25, 1]), 'F32');
  const [base, aligned, tuned] = [end(62000), end(64000), end(30000)];
  const { u } = await run(svd, { heldAs: 'F16' }, { from: base, to: aligned });
  const published = { side: 'left', heldAs: 'F16', castUpdate: 'F16' } as const;
  const inputs = { from: aligned, to: tuned, basis: u!, 'onto-from': base, 'onto-to': aligned };
  const energyOf = (params: Pick<EnergyParams, 'mode' | 'ranks' | 'scalar'>) =>
    run(energyStep, { ...published, ...params }, inputs);
  await energyOf({ mode: 'parallel', ranks: [1, 2], scalar: 'update' });
  for (const [params, told] of [
    [{ ranks: [1] }, /^the weights of "from" plus the projected update are beyond the range of f16 at rank 1$/],
    [{ ranks: [], scalar: 'update' }, /beyond the range of f16 in the scalar projection$/],
  ] as const) {
    try {
      await energyOf({ mode: 'opposite', ...params });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, DataError);
      assert.match((error as Error).message, told);
    }
  }
});

test('a step that fails leaves no memory on the device', async () => {
  const gpu = await device();
  let live = 0;
  const counting = new Proxy(gpu, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...operands: unknown[]) => {
        if (name === 'allocate' || name === 'upload') live++;
        if (name === 'release') live -= operands.length;
        return Reflect.apply(value, target, operands);
      };
    },
  });
  class CountingContext extends MemoryContext {
    override gpu(): Promise<never> {
      return Promise.resolve(counting) as Promise<never>;
    }
    override read(...place: Parameters<MemoryContext['read']>) {
      if (this.updates.length > 0) throw new DataError('the disk is gone');
      return super.read(...place);
    }
  }
  const w = world(gaussian(30, 20, 'leak'), 'F32');
  const { u } = await run(svd, {}, { from: w.base, to: w.aligned });
  const inputs = { from: { from: w.aligned }, to: { to: w.tuned }, basis: { basis: u! } };
  const context = new CountingContext({ mode: 'parallel', side: 'left', ranks: [1, 2] }, inputs, objects);
  let failure: unknown;
  await (await implementationOf(energyStep.kind))(context).catch((error: unknown) => {
    failure = error;
  });
  assert.match(String(failure), /the disk is gone/);
  assert.is(live, 0);
});

test('errors name the element: NaN, infinity, a difference beyond f32, empty tensors, integers, shapes that differ', async () => {
  const zero = stored(dense(3, 4, new Float64Array(12)), 'F32');
  const withElement = (value: number) =>
    stored(
      dense(
        3,
        4,
        Float64Array.from({ length: 12 }, (_, i) => (i === 6 ? value : 1)),
      ),
      'F32',
    );
  const message = async (from: Artifact, to: Artifact) => {
    try {
      await run(svd, {}, { from, to });
    } catch (error) {
      assert.instance(error, DataError);
      return (error as Error).message;
    }
    return 'no error';
  };
  assert.match(await message(zero, withElement(Number.NaN)), /"to" holds NaN at row 1, column 2/);
  assert.match(await message(withElement(Number.NEGATIVE_INFINITY), zero), /"from" holds -Infinity at row 1, column 2/);
  assert.match(await message(withElement(-3e38), withElement(3e38)), /row 1, column 2.*beyond the range of f32/);
  assert.match(await message(zero, stored(dense(4, 3, new Float64Array(12)), 'F32')), /\[3, 4\].*\[4, 3\]/);
  const empty = { ...zero, bytes: 0, tensor: { dtype: 'F32', shape: [0, 4] } } as const;
  assert.match(await message(empty, empty), /empty/);
  const integers = { ...zero, tensor: { dtype: 'I32', shape: [3, 4] } } as const;
  assert.match(await message(integers, integers), /I32/);
});

test.run();
