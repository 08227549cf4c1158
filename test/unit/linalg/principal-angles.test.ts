import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { principalAngles } from '../../../src/linalg/principal-angles.js';
import type { TallMatrix } from '../../../src/linalg/tall-matrix.js';
import { HostArithmetic } from '../../oracles/host-arithmetic.js';
import { gaussian, orthonormal } from '../../oracles/matrices.js';
import { type Dense, dense, multiply } from '../../oracles/one-sided-jacobi.js';
import { anglesOracle } from '../../oracles/principal-angles.js';

const arithmetic = new HostArithmetic();

function tall({ rows, columns, data }: Dense, windowRows = rows): TallMatrix {
  const values = Float32Array.from(data);
  const window = async (start: number, count: number) => values.slice(start * columns, (start + count) * columns);
  return { rows, columns, windowRows, window };
}

/** Of the first columns of matrices that are rounded to f32, and of the same by the oracle. */
async function both(a: Dense, b: Dense, kA = a.columns, kB = b.columns) {
  const leading = (x: Dense, k: number) => {
    const data = Array.from({ length: x.rows * k }, (_, at) =>
      Math.fround(x.data[Math.floor(at / k) * x.columns + (at % k)]!),
    );
    return dense(x.rows, k, data);
  };
  const measured = await principalAngles(
    arithmetic,
    { matrix: tall(a, 7), columns: kA },
    { matrix: tall(b, 7), columns: kB },
  );
  return { measured: [...measured!], expected: anglesOracle(leading(a, kA), leading(b, kB)) };
}

function farthest(measured: readonly number[], expected: readonly number[]): number {
  assert.is(measured.length, expected.length);
  return Math.max(...measured.map((angle, i) => Math.abs(angle - expected[i]!)));
}

test('angles of random subspaces of every size agree with the oracle, and are ascending', async () => {
  for (const [d, kA, kB] of [
    [1, 1, 1],
    [9, 1, 4],
    [9, 4, 1],
    [30, 7, 11],
    [31, 11, 5],
    [12, 8, 9],
    [10, 10, 3],
    [6, 6, 6],
  ] as const) {
    const [a, b] = [orthonormal(d, kA, `a ${d} ${kA}`), orthonormal(d, kB, `b ${d} ${kB}`)];
    const { measured, expected } = await both(a, b);
    assert.ok(farthest(measured, expected) < 1e-7, `${d} ${kA} ${kB}: ${farthest(measured, expected)}`);
    assert.equal(
      measured,
      [...measured].sort((x, y) => x - y),
    );
    // Two subspaces of more than d dimensions together meet.
    const shared = Math.max(0, kA + kB - d);
    assert.ok(measured.slice(0, shared).every((angle) => angle < 1e-7));
  }
});

test('angles near 0 and near a right angle are told from 0 and from a right angle', async () => {
  const angles = [0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-2, 0.5, Math.PI / 4, Math.PI / 2 - 1e-5, Math.PI / 2];
  const k = angles.length;
  const frame = orthonormal(3 * k, 2 * k, 'frame');
  const turned = dense(2 * k, k, new Float64Array(2 * k * k));
  for (const [i, angle] of angles.entries()) {
    turned.data[i * k + i] = Math.cos(angle);
    turned.data[(k + i) * k + i] = Math.sin(angle);
  }
  const first = dense(
    2 * k,
    k,
    Array.from({ length: 2 * k * k }, (_, at) => Number(Math.floor(at / k) === at % k)),
  );
  const { measured, expected } = await both(multiply(frame, first), multiply(frame, turned));
  assert.ok(farthest(measured, expected) < 1e-7, `${farthest(measured, expected)}`);
  // What f32 rounds in the bases turns them by some 1e-7.
  assert.ok(farthest(measured, angles) < 1e-6, `${farthest(measured, angles)}`);
  assert.ok(measured[4]! > 0.99e-4 && measured[4]! < 1.01e-4);
});

test('a subspace has no angle to itself, whichever basis it is given in, and bases need not be orthonormal', async () => {
  const a = orthonormal(40, 6, 'itself');
  const { measured } = await both(a, a);
  assert.ok(Math.max(...measured) < 1e-7, `${Math.max(...measured)}`);
  const mixed = multiply(a, gaussian(6, 6, 'mix'));
  const { measured: angles, expected } = await both(gaussian(40, 5, 'skew'), mixed);
  assert.ok(farthest(angles, expected) < 1e-7);
});

test('only leading columns count', async () => {
  const [a, b] = [orthonormal(20, 8, 'lead a'), orthonormal(20, 9, 'lead b')];
  const { measured, expected } = await both(a, b, 3, 5);
  assert.is(measured.length, 3);
  assert.ok(farthest(measured, expected) < 1e-7);
});

test('dependent columns have no angles', async () => {
  const twice = dense(5, 2, [1, 1, 0, 0, 2, 2, 0, 0, 3, 3]);
  const side = { matrix: tall(twice), columns: 2 };
  assert.is(await principalAngles(arithmetic, side, { ...side, columns: 1 }), undefined);
});

test('the thread of large problems computes what the calling thread does', async () => {
  const d = 700;
  const shift = (by: number) =>
    dense(
      d,
      150,
      Array.from({ length: d * 150 }, (_, at) => Number(Math.floor(at / 150) === (at % 150) + by)),
    );
  const measured = await principalAngles(
    arithmetic,
    { matrix: tall(shift(0)), columns: 150 },
    { matrix: tall(shift(100)), columns: 150 },
  );
  const expected = Array.from({ length: 150 }, (_, i) => (i < 50 ? 0 : Math.PI / 2));
  assert.ok(farthest([...measured!], expected) < 1e-7);
});

test.run();
