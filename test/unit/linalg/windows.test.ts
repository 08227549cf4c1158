import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { haarBasis } from '../../../src/linalg/haar.js';
import { runningSums } from '../../../src/linalg/overlap-staircase.js';
import { scalarEnergy, subspaceEnergy } from '../../../src/linalg/subspace-energy.js';
import { crossProduct } from '../../../src/linalg/subspace-overlap.js';
import { type TallMatrix, windowsOf } from '../../../src/linalg/tall-matrix.js';
import { thinSvd } from '../../../src/linalg/thin-svd.js';
import { HostArithmetic } from '../../oracles/host-arithmetic.js';
import { gaussian, orthonormal, withSingularValues } from '../../oracles/matrices.js';
import { type Dense, dense, svdOracle } from '../../oracles/one-sided-jacobi.js';
import { energy, inMode, project, realised } from '../../oracles/projection.js';
import { checkOrthonormal, checkSvd } from '../../oracles/svd-bars.js';

const arithmetic = new HostArithmetic();

function tall({ rows, columns, data }: Dense, windowRows: number): TallMatrix {
  const window = async (start: number, count: number) =>
    Float32Array.from(data.subarray(start * columns, (start + count) * columns));
  return { rows, columns, windowRows, window };
}

/** A sink that counts its restarts. */
function collector() {
  const parts: Float32Array[] = [];
  const sink = {
    restarts: 0,
    append: async (part: Float32Array) => void parts.push(part),
    restart: async () => {
      parts.length = 0;
      sink.restarts++;
    },
    matrix: (columns: number) => {
      const values = parts.flatMap((part) => [...part]);
      return dense(values.length / columns, columns, values);
    },
  };
  return sink;
}

test('windows cover all rows once, whole matrices that are small, aligned parts of large ones', () => {
  assert.equal(windowsOf({ rows: 10, columns: 3 }), [{ start: 0, count: 10 }]);
  const large = windowsOf({ rows: 151936, columns: 1536 });
  assert.ok(large.length > 10);
  let next = 0;
  for (const { start, count } of large) {
    assert.is(start, next);
    assert.is(start % 64, 0);
    next += count;
  }
  assert.is(next, 151936);
  assert.equal(
    windowsOf({ rows: 5, columns: 1, windowRows: 2 }).map(({ count }) => count),
    [2, 2, 1],
  );
});

test('a decomposition by windows meets the bars, also when the long basis has to be written again', async () => {
  const cases: [Dense, number][] = [
    [gaussian(100, 20, 'windows'), 30],
    [withSingularValues(90, 40, (i) => 10 ** ((-6 * i) / 39), 'windows 1e6'), 50],
    [withSingularValues(60, 30, (i) => (i < 5 ? 1 : 0), 'windows deficient'), 13],
    [dense(20, 4, new Float64Array(80)), 6],
  ];
  const restarts: number[] = [];
  for (const [matrix, windowRows] of cases) {
    const a = dense(matrix.rows, matrix.columns, Float32Array.from(matrix.data));
    const sink = collector();
    const { singularValues, shortBasis } = await thinSvd(arithmetic, tall(a, windowRows), sink);
    const v = dense(a.columns, a.columns, shortBasis);
    checkSvd(a, { u: sink.matrix(a.columns), s: singularValues, v }, svdOracle(a), `${a.rows}×${a.columns}`);
    restarts.push(sink.restarts);
  }
  assert.ok(restarts[2]! > 0, 'completing a basis takes a second round');
});

test('a random basis by windows is that of the whole matrix', async () => {
  const whole = collector();
  await haarBasis(arithmetic, { rows: 50, columns: 12 }, { seed: 4, stream: 'x' }, whole);
  const parts = collector();
  await haarBasis(arithmetic, { rows: 50, columns: 12, windowRows: 16 }, { seed: 4, stream: 'x' }, parts);
  checkOrthonormal(parts.matrix(12), 'parts');
  const [p, q] = [parts.matrix(12), whole.matrix(12)];
  assert.ok(p.data.every((value, i) => Math.abs(value - q.data[i]!) <= 1e-6));
});

test('energies by windows agree with the definitions on both sides, and so do overlaps and scalar projections', async () => {
  const [m, n, r] = [70, 18, 11];
  const update = dense(m, n, Float32Array.from(gaussian(m, n, 'update').data));
  const weights = dense(m, n, Float32Array.from(gaussian(m, n, 'weights').data));
  for (const side of ['short', 'long'] as const) {
    const b = orthonormal(side === 'short' ? n : m, r, 'basis');
    const basis = {
      vectors: r,
      window: async (start: number, count: number) =>
        Float32Array.from(
          { length: r * count },
          (_, at) => b.data[(start + (at % count)) * r + Math.floor(at / count)]!,
        ),
    };
    for (const mode of ['parallel', 'orthogonal', 'opposite'] as const) {
      let windows = 0;
      const found = await subspaceEnergy(
        ...([arithmetic, tall(update, 16), tall(weights, 16), basis, side, [1, 7, r]] as const),
        { mode, storage: 'F32' },
        () => windows++,
      );
      assert.is(windows, side === 'short' ? 5 : 10);
      const kept = runningSums(found.perVector);
      for (const [at, k] of [1, 7, r].entries()) {
        const inside = project(update, b, k, side === 'short' ? 'right' : 'left');
        assert.ok(Math.abs(kept[k - 1]! - energy(inside)) <= 1e-6 * energy(update), `${side} ${mode} ${k} kept`);
        const change = realised(weights, inMode(update, inside, mode), 'F32', undefined);
        assert.ok(Math.abs(found.realised[at]! - change) <= 1e-6 * energy(update), `${side} ${mode} ${k} realised`);
      }
    }
  }
  const other = gaussian(m, n, 'other');
  const product = update.data.reduce((sum, x, i) => sum + x * Math.fround(other.data[i]!), 0);
  const scalar = await scalarEnergy(...([arithmetic, tall(update, 16), tall(weights, 16), tall(other, 16)] as const), {
    mode: 'parallel',
    storage: 'F32',
  });
  const wanted = product ** 2 / energy(dense(m, n, Float32Array.from(other.data)));
  assert.ok(Math.abs(scalar.kept - wanted) <= 1e-6 * energy(update));
  assert.ok(Math.abs(scalar.realised - wanted) <= 1e-6 * energy(update));
  const cross = await crossProduct(arithmetic, tall(update, 16), tall(other, 16));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < m; k++) sum += update.data[k * n + i]! * other.data[k * n + j]!;
      assert.ok(Math.abs(cross[i * n + j]! - sum) <= 1e-5, `cross product ${i}, ${j}`);
    }
  }
});

test.run();
