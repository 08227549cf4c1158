import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { energyRank } from '../../../src/formats/energy-rank.js';
import { type FloatType, fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import type { JsonObject } from '../../../src/formats/json.js';
import type { CosineResult, EnergyResult, OverlapResult } from '../../../src/formats/step-results.js';
import { fillNormal } from '../../../src/linalg/normal.js';
import { RandomStream } from '../../../src/linalg/philox.js';
import { cosine as cosineStep } from '../../../src/steps/cosine.js';
import { type EnergyParams, energy as energyStep } from '../../../src/steps/energy.js';
import { overlap as overlapStep } from '../../../src/steps/overlap.js';
import { randomBasis } from '../../../src/steps/random-basis.js';
import { randomisedSvd } from '../../../src/steps/randomised-svd.js';
import type { StepContract } from '../../../src/steps/step.js';
import { svd } from '../../../src/steps/svd.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { gaussian, updateMatrices, withSingularValues } from '../../oracles/matrices.js';
import { columnsOf, type Dense, dense, multiply, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';
import {
  difference,
  energy,
  inMode,
  project,
  projectOntoUpdate,
  randomLike,
  realised,
  roundTo,
} from '../../oracles/projection.js';
import { checkOrthonormal } from '../../oracles/svd-bars.js';
import { MemoryContext } from '../../unit/steps/memory-context.js';
import { device } from '../device.js';

class DeviceContext extends MemoryContext {
  override gpu(): Promise<never> {
    return device() as Promise<never>;
  }
}

const objects = new Map<string, Uint8Array>();
const epsilon = 2 ** -23;

async function run(step: StepContract, params: JsonObject, inputs: Record<string, Artifact>): Promise<Artifacts> {
  const groups = Object.fromEntries(Object.entries(inputs).map(([name, artifact]) => [name, { [name]: artifact }]));
  const context = new DeviceContext(params, groups, objects);
  await (await implementationOf(step.kind))(context);
  return context.outputs;
}

/** Stores a matrix as a tensor; a column as a 1-D tensor when `flat`. */
function stored(matrix: Dense, dtype: FloatType, shape: readonly number[] = [matrix.rows, matrix.columns]): Artifact {
  const bytes =
    dtype === 'F64' ? new Uint8Array(matrix.data.slice().buffer) : fromFloat32(Float32Array.from(matrix.data), dtype);
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  return { digest, bytes: bytes.length, tensor: { dtype, shape } };
}

function matrixOf(artifact: Artifact): Dense {
  const [rows, columns] = artifact.tensor!.shape as [number, number];
  return dense(rows, columns, toFloat32(objects.get(artifact.digest)!, 'F32'));
}

function jsonOf<T>(artifact: Artifact): T {
  return JSON.parse(Buffer.from(objects.get(artifact.digest)!).toString()) as T;
}

interface World {
  readonly base: Artifact;
  readonly aligned: Artifact;
  readonly tuned: Artifact;
  /** What the files hold, as the semantics reads them. */
  readonly weights: Dense;
  readonly alignment: Dense;
  readonly task: Dense;
}

/** Three checkpoints of one tensor with the given alignment update and a task update that shares half of its directions. */
function world(alignment: Dense, dtype: FloatType, heldAs?: 'F16', flat = false): World {
  const { rows, columns } = alignment;
  const shape = flat ? [rows * columns] : [rows, columns];
  const size = Math.sqrt(energy(alignment) / alignment.data.length) || 1e-3;
  const noise = gaussian(rows, columns, 'task');
  const base = roundTo(dense(rows, columns, new Float64Array(rows * columns)), dtype);
  const aligned = roundTo(alignment, dtype);
  const tuned = roundTo(
    { ...aligned, data: aligned.data.map((x, i) => x * 1.25 + 0.3 * size * noise.data[i]!) },
    dtype,
  );
  const read = (matrix: Dense) => (heldAs === undefined ? matrix : roundTo(matrix, heldAs));
  return {
    base: stored(base, dtype, shape),
    aligned: stored(aligned, dtype, shape),
    tuned: stored(tuned, dtype, shape),
    weights: read(aligned),
    alignment: read(difference(read(aligned), read(base))),
    task: read(difference(read(tuned), read(aligned))),
  };
}

/** Checks all three modes of the energy step on one side against f64, at every cut that is at a gap. */
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
      const wanted = inMode(w.task, project(w.task, side === 'right' ? truth.v : truth.u, k, side), mode);
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

test('a subspace without singular values counts whole at every energy of an overlap', async () => {
  const alignment = multiply(gaussian(31, 6, 'left factor'), gaussian(6, 12, 'right factor'));
  const w = world(alignment, 'F32');
  const { u, s } = await run(svd, {}, { from: w.base, to: w.aligned });
  const directions = svdOracle(gaussian(31, 3, 'directions')).u;
  const basis = stored(directions, 'F32');
  const outputs = await run(overlapStep, {}, { 'a-u': basis, 'b-u': u!, 'b-s': s! });
  const result = jsonOf<OverlapResult>(outputs.overlap!);
  const truth = svdOracle(w.alignment);
  for (const eta of [0.01, 0.3, 0.7, 0.95]) {
    const kB = energyRank(result.energyB, eta);
    assert.is(energyRank(result.energyA, eta), 3);
    const cross = multiply(transpose(directions), columnsOf(truth.u, kB));
    const { shared } = result.points.find((point) => point.kA === 3 && point.kB === kB)!;
    assert.ok(Math.abs(shared - energy(cross)) <= 1e-5, `η ${eta}: ${shared}, not ${energy(cross)}`);
  }
  // Of two single directions the overlap is their squared cosine.
  const [one, other] = [columnsOf(directions, 1), columnsOf(truth.u, 1)];
  const both = { 'a-u': stored(one, 'F32'), 'b-u': stored(other, 'F32') };
  const { points, d } = jsonOf<OverlapResult>((await run(overlapStep, {}, both)).overlap!);
  assert.equal([points.length, points[0]!.kA, points[0]!.kB, d], [1, 1, 1, 31]);
  const cosine = one.data.reduce((sum, x, i) => sum + x * other.data[i]!, 0);
  assert.ok(Math.abs(points[0]!.shared - cosine ** 2) <= 1e-6);
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

test('a randomised SVD on the device is that of the definition in f64, whatever the shape', async () => {
  for (const [rows, columns] of [
    [90, 24],
    [24, 90],
    [40, 40],
  ] as const) {
    const a = withSingularValues(rows, columns, (i) => 0.85 ** i, `randomised ${rows}`);
    const zero = stored(dense(rows, columns, new Float64Array(rows * columns)), 'F32');
    const exact = await run(svd, {}, { from: zero, to: stored(a, 'F32') });
    const vectors = Math.floor(0.25 * Math.min(rows, columns));
    const params = { vectors, iterations: 2, seed: 7, stream: 'useful/w' };
    const found = await run(randomisedSvd, params, { u: exact.u!, s: exact.s! });
    const [u, s] = [matrixOf(found.u!), new Float64Array(objects.get(found.s!.digest)!.slice().buffer)];
    assert.equal([u.rows, u.columns, s.length], [rows, vectors, vectors]);
    checkOrthonormal(u, `${rows}×${columns}`);
    // The definition, on A itself: R is drawn in the coordinates of the exact SVD.
    const omega = new Float64Array(Math.min(rows, columns) * vectors);
    fillNormal(new RandomStream(7, 'randomised-svd/useful/w'), omega);
    const r = multiply(matrixOf(exact.u!), dense(Math.min(rows, columns), vectors, omega));
    const wanted = lowRankSvd(a, r);
    for (const [i, value] of s.entries()) assert.ok(Math.abs(value - wanted.s[i]!) <= 2e-6 * wanted.s[0]!);
    for (let k = 1; k <= vectors; k++) {
      const shared = energy(multiply(transpose(columnsOf(u, k)), columnsOf(wanted.u, k)));
      assert.ok(Math.abs(shared - k) <= 4e-5, `${rows}×${columns}: first ${k} vectors share ${shared}`);
    }
    const again = await run(randomisedSvd, { ...params, seed: 8 }, { u: exact.u!, s: exact.s! });
    assert.not.equal(again.u!.digest, found.u!.digest);
  }
});

/** torch.svd_lowrank(A, q, niter = 2) with R drawn: orth((AᵀA)² Aᵀ R), then the SVD of A in it. */
function lowRankSvd(a: Dense, r: Dense): { u: Dense; s: Float64Array } {
  const orthonormalised = (m: Dense) => svdOracle(m).u;
  let q = orthonormalised(multiply(transpose(a), r));
  for (let i = 0; i < 2; i++) q = orthonormalised(multiply(transpose(a), orthonormalised(multiply(a, q))));
  return svdOracle(multiply(a, q));
}

test('where one of two updates is zero, or both, the published code compares the first unit vector', async () => {
  const a = stored(gaussian(12, 5, 'beside zero'), 'F32');
  const zero = stored(dense(12, 5, new Float64Array(60)), 'F32');
  const [none, some] = [await run(svd, {}, { from: zero, to: zero }), await run(svd, {}, { from: zero, to: a })];
  const overlapOf = async (x: Artifacts, y: Artifacts, params: JsonObject) => {
    const inputs = { 'a-u': x.u!, 'a-s': x.s!, 'b-u': y.u!, 'b-s': y.s! };
    return jsonOf<OverlapResult>((await run(overlapStep, params, inputs)).overlap!);
  };
  const both = await overlapOf(none, none, { zeroRank: 1 });
  assert.equal([both.points, both.zeroRank], [[{ kA: 1, kB: 1, shared: 1 }], 1]);
  const u = matrixOf(some.u!);
  for (const { kA, kB, shared } of (await overlapOf(none, some, { zeroRank: 1 })).points) {
    const wanted = u.data.slice(0, kB).reduce((sum, x) => sum + x * x, 0);
    assert.is(kA, 1);
    assert.ok(Math.abs(shared - wanted) <= 1e-6);
  }
  assert.equal((await overlapOf(none, some, {})).points, []);
});

test('left singular vectors of matrices with different numbers of columns are compared', async () => {
  const ends = (columns: number, name: string) => ({
    from: stored(dense(20, columns, new Float64Array(20 * columns)), 'F32'),
    to: stored(gaussian(20, columns, name), 'F32'),
  });
  const [x, y] = [await run(svd, {}, ends(7, 'narrow')), await run(svd, {}, ends(30, 'broad'))];
  const inputs = { 'a-u': x.u!, 'a-s': x.s!, 'b-u': y.u!, 'b-s': y.s! };
  const { d, points } = jsonOf<OverlapResult>((await run(overlapStep, {}, inputs)).overlap!);
  assert.is(d, 20);
  // The wider one spans the whole space in the end.
  const { kA, kB, shared } = points.at(-1)!;
  assert.equal([kA, kB], [7, 20]);
  assert.ok(Math.abs(shared - 7) <= 1e-5);
});

test('overlaps agree with the definition in f64 wherever both cuts are at a gap', async () => {
  for (const [name, make] of Object.entries(updateMatrices)) {
    const a = make();
    const noise = gaussian(a.rows, a.columns, 'other');
    const size = Math.sqrt(energy(a) / a.data.length);
    const b = roundTo({ ...a, data: a.data.map((x, i) => x + 0.5 * size * noise.data[i]!) }, 'F32');
    const zero = stored(dense(a.rows, a.columns, new Float64Array(a.data.length)), 'F32');
    const svdA = await run(svd, {}, { from: zero, to: stored(a, 'F32') });
    const svdB = await run(svd, {}, { from: zero, to: stored(b, 'F32') });
    const inputs = { 'a-u': svdA.u!, 'a-s': svdA.s!, 'b-u': svdB.u!, 'b-s': svdB.s! };
    const result = jsonOf<OverlapResult>((await run(overlapStep, {}, inputs)).overlap!);
    assert.is(result.d, a.rows);
    if (energy(a) === 0) {
      assert.equal(result.points, []);
      continue;
    }
    const [truthA, truthB] = [svdOracle(a), svdOracle(b)];
    assert.equal(result.points.at(-1), {
      ...result.points.at(-1)!,
      kA: energyRank(result.energyA, 1),
      kB: energyRank(result.energyB, 1),
    });
    for (const { kA, kB, shared } of result.points) {
      const bar = Math.max(bars(truthA.s, kA), bars(truthB.s, kB));
      if (!(bar < 0.1)) continue;
      const wanted = energy(multiply(transpose(columnsOf(truthA.u, kA)), columnsOf(truthB.u, kB)));
      const error = Math.abs(shared - wanted) / Math.min(kA, kB);
      assert.ok(error <= bar, `${name}: overlap at (${kA}, ${kB}) is off by ${error}, bar ${bar}`);
    }
  }
});

function bars(s: Float64Array, k: number): number {
  return Math.max(2e-6, (8 * epsilon * s[0]!) / (s[k - 1]! - (s[k] ?? 0)));
}

test('a random basis is orthonormal, a function of its seed and stream, and not of anything else', async () => {
  for (const [rows, columns] of [
    [1, 1],
    [50, 50],
    [300, 7],
  ] as const) {
    const make = async (seed: number, stream: string) =>
      matrixOf((await run(randomBasis, { rows, columns, seed, stream }, {})).q!);
    const q = await make(1, 'w');
    checkOrthonormal(q, `${rows}×${columns}`);
    assert.ok(same(await make(1, 'w'), q));
    if (rows === 1) continue;
    assert.not(same(await make(2, 'w'), q));
    assert.not(same(await make(1, 'x'), q));
  }
});

function same(a: Dense, b: Dense): boolean {
  return a.data.every((value, i) => value === b.data[i]);
}

test('a random subspace keeps k/d of the energy of any matrix on average', async () => {
  const [d, k] = [12, 3];
  const x = gaussian(d, 1, 'fixed vector');
  let kept = 0;
  const draws = 60;
  for (let seed = 0; seed < draws; seed++) {
    const q = matrixOf((await run(randomBasis, { rows: d, columns: k, seed, stream: 'haar' }, {})).q!);
    kept += energy(multiply(transpose(q), x)) / energy(x) / draws;
  }
  // The share is Beta(k/2, (d − k)/2) distributed: standard deviation 0.164, of the mean of 60 draws 0.021.
  assert.ok(Math.abs(kept - k / d) <= 4 * 0.0212, `${kept}`);
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
