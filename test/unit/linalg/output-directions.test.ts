import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Turns } from '../../../src/formats/turns.js';
import { hostCompute } from '../../../src/linalg/host/compute.js';
import { type OutputDirections, outputDirections, outputDirectionsOf } from '../../../src/linalg/output-directions.js';
import { addLower, unpacked } from '../../../src/linalg/packed-symmetric.js';
import { HostArithmetic } from '../../oracles/host-arithmetic.js';
import { gaussian, withSingularValues } from '../../oracles/matrices.js';
import { columnsOf, type Dense, dense, multiply, svdOracle, transpose } from '../../oracles/one-sided-jacobi.js';
import { energy } from '../../oracles/projection.js';
import { checkOrthonormal, subspaceDistance } from '../../oracles/svd-bars.js';

const arithmetic = new HostArithmetic();

/** What f32 holds of a matrix, so that the oracle starts from the same numbers. */
function asF32({ rows, columns, data }: Dense): Dense {
  return dense(rows, columns, Float32Array.from(data));
}

function scaled({ rows, columns, data }: Dense, factor: number): Dense {
  return dense(
    rows,
    columns,
    data.map((value) => value * factor),
  );
}

async function eigenOf(vectors: Dense) {
  const gram = multiply(transpose(vectors), vectors);
  return hostCompute.eigen(gram.data, gram.rows);
}

/** Of X [tokens, in] and W [out, in]. */
async function fromInputs(x: Dense, w: Dense, k: number): Promise<OutputDirections> {
  const window = async (start: number, count: number) =>
    Float32Array.from(w.data.subarray(start * w.columns, (start + count) * w.columns));
  return outputDirectionsOf(arithmetic, { rows: w.rows, columns: w.columns, window }, await eigenOf(x), k);
}

const worlds: Readonly<Record<string, { x: Dense; w: Dense; rank: number }>> = {
  'out > in': { x: gaussian(50, 7, 'x1'), w: gaussian(31, 7, 'w1'), rank: 7 },
  'out < in': { x: gaussian(50, 31, 'x2'), w: gaussian(7, 31, 'w2'), rank: 7 },
  'out < tokens < in': { x: gaussian(12, 31, 'x3'), w: gaussian(7, 31, 'w3'), rank: 7 },
  'tokens < out < in': { x: gaussian(5, 31, 'x4'), w: gaussian(9, 31, 'w4'), rank: 5 },
  'tokens < in < out': { x: gaussian(3, 9, 'x5'), w: gaussian(31, 9, 'w5'), rank: 3 },
  'one token': { x: gaussian(1, 6, 'x6'), w: gaussian(6, 6, 'w6'), rank: 1 },
  'a weight of low rank': {
    x: gaussian(40, 12, 'x7'),
    w: withSingularValues(20, 12, (i) => (i < 4 ? 1 / (i + 1) : 0), 'w7'),
    rank: 4,
  },
  'inputs that a few directions dominate': {
    x: withSingularValues(60, 24, (i) => 10 ** (-i / 6), 'x8'),
    w: gaussian(33, 24, 'w8'),
    rank: 24,
  },
  'huge inputs, tiny weights': {
    x: scaled(gaussian(9, 8, 'x9'), 1e25),
    w: scaled(gaussian(5, 8, 'w9'), 1e-30),
    rank: 5,
  },
};

for (const [name, world] of Object.entries(worlds)) {
  test(`${name}: from XᵀX and from YᵀY come the left singular vectors of Y`, async () => {
    const [x, w] = [asF32(world.x), asF32(world.w)];
    const k = Math.min(w.rows, w.columns);
    const y = multiply(w, transpose(x));
    const { u, s } = svdOracle(y);
    for (const [way, found] of [
      ['XᵀX', await fromInputs(x, w, k)],
      ['YᵀY', await outputDirections(await eigenOf(transpose(y)), k)],
    ] as const) {
      const rank = found.eigenvalues.findLastIndex((value) => value > 0) + 1;
      assert.is(rank, world.rank, way);
      const q = dense(w.rows, k, found.vectors);
      checkOrthonormal(columnsOf(q, rank), way);
      for (let i = 0; i < q.rows; i++) for (let j = rank; j < k; j++) assert.is(q.data[i * k + j], 0);
      for (let j = 0; j < rank; j++) {
        const error = Math.abs(Math.sqrt(found.eigenvalues[j]!) - s[j]!) / s[0]!;
        assert.ok(error <= 1e-6, `${way}: singular value ${j} is off by ${error} of the largest`);
      }
      for (const count of [1, 2, rank]) {
        if (count > rank) continue;
        const leading = columnsOf(q, count);
        // ΠY keeps the leading energy of Y, and no more is possible.
        const kept = energy(multiply(transpose(leading), y));
        const most = s.subarray(0, count).reduce((sum, value) => sum + value * value, 0);
        assert.ok(Math.abs(kept / most - 1) <= 1e-6, `${way}: ${count} directions keep ${kept} of ${most}`);
        const gap = (s[count - 1]! - (s[count] ?? 0)) / s[0]!;
        const distance = subspaceDistance(leading, columnsOf(u, count));
        assert.ok(distance <= 2e-6 / gap, `${way}: the first ${count} are turned by ${distance} at a gap of ${gap}`);
      }
    }
  });
}

test('fewer directions are the first of all', async () => {
  const [x, w] = [asF32(gaussian(50, 9, 'fewer x')), asF32(gaussian(21, 9, 'fewer w'))];
  const [all, few] = [await fromInputs(x, w, 9), await fromInputs(x, w, 2)];
  assert.equal([...few.eigenvalues], [...all.eigenvalues.subarray(0, 2)]);
  assert.equal([...few.vectors], [...columnsOf(dense(21, 9, all.vectors), 2).data]);
});

test('zero inputs and zero weights have no directions', async () => {
  const [x, w] = [asF32(gaussian(6, 5, 'zero x')), asF32(gaussian(4, 5, 'zero w'))];
  for (const found of [
    await fromInputs(scaled(x, 0), w, 3),
    await fromInputs(x, scaled(w, 0), 3),
    await outputDirections(await eigenOf(dense(6, 4, new Float64Array(24))), 3),
  ]) {
    assert.equal([...found.eigenvalues], [0, 0, 0]);
    assert.equal(found.vectors.length, 12);
    assert.ok(found.vectors.every((value) => value === 0));
  }
});

test('a symmetric matrix goes into its lower triangle and comes back', async () => {
  const n = 5;
  const gram = multiply(transpose(gaussian(7, n, 'packed')), gaussian(7, n, 'packed'));
  const packed = new Float64Array((n * (n + 1)) / 2);
  const turns = new Turns();
  await addLower(packed, gram.data, n, turns);
  await addLower(packed, gram.data, n, turns);
  assert.equal(
    [...(await unpacked(packed, n, turns))],
    [...gram.data].map((value) => 2 * value),
  );
});

test.run();
