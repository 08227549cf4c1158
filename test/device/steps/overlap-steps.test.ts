import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { energyRank } from '../../../src/formats/energy-rank.js';
import type { JsonObject } from '../../../src/formats/json.js';
import type { OverlapResult } from '../../../src/formats/step-results.js';
import { fillNormal } from '../../../src/linalg/normal.js';
import { RandomStream } from '../../../src/linalg/philox.js';
import { overlap as overlapStep } from '../../../src/steps/overlap.js';
import { randomBasis } from '../../../src/steps/random-basis.js';
import { randomisedSvd } from '../../../src/steps/randomised-svd.js';
import { svd } from '../../../src/steps/svd.js';
import { gaussian, updateMatrices, withSingularValues } from '../../oracles/matrices.js';
import { columnsOf, type Dense, dense, multiply, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';
import { energy, roundTo } from '../../oracles/projection.js';
import { checkOrthonormal } from '../../oracles/svd-bars.js';
import { objects } from './checkpoints.js';
import { epsilon, jsonOf, matrixOf, run, stored, world } from './subspace-lab.js';

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

test.run();
