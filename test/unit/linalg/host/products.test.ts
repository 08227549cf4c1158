import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inverseCholesky } from '../../../../src/linalg/host/cholesky.js';
import { type HostView, hostGemm, rows, transposed } from '../../../../src/linalg/host/gemm.js';
import { hostGram } from '../../../../src/linalg/host/gram.js';
import { symmetricEigen } from '../../../../src/linalg/host/symmetric-eigen.js';
import { ThreadTeam } from '../../../../src/linalg/host/thread-team.js';
import { fillNormal } from '../../../../src/linalg/normal.js';
import { RandomStream } from '../../../../src/linalg/philox.js';

function normal(count: number, name: string): Float64Array {
  const values = new Float64Array(count);
  fillNormal(new RandomStream(6, name), values);
  return values;
}

const element = ({ data, at, rowStep, columnStep }: HostView, i: number, j: number) =>
  data[at + i * rowStep + j * columnStep]!;

test('products of any shape, plain, transposed and within larger matrices, are sums of products', () => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [2, 5, 3],
    [7, 1, 200],
    [98, 100, 193],
    [4, 390, 5],
    [3, 3, 0],
  ] as const) {
    for (const layout of ['NN', 'TN', 'NT', 'TT']) {
      const make = (r: number, c: number, turned: boolean, name: string) => {
        const stride = (turned ? r : c) + 2;
        const view = rows(normal((Math.max(r, c) + 3) * (stride + 3), name), stride, 5);
        return turned ? transposed(view) : view;
      };
      const a = make(m, k, layout[0] === 'T', 'a');
      const b = make(k, n, layout[1] === 'T', 'b');
      const c = normal((m + 1) * (n + 3), 'c');
      const found = c.slice();
      hostGemm(m, n, k, -0.5, a, b, { data: found, stride: n + 3, at: 2 });
      for (let at = 0; at < c.length; at++) {
        const [i, j] = [Math.floor((at - 2) / (n + 3)), (at - 2) % (n + 3)];
        let wanted = c[at]!;
        if (at >= 2 && i < m && j < n) {
          for (let q = 0; q < k; q++) wanted -= 0.5 * element(a, i, q) * element(b, q, j);
        }
        assert.ok(Math.abs(found[at]! - wanted) <= 1e-12, `${m}×${n}×${k} ${layout} at ${i}, ${j}`);
      }
    }
  }
});

test('a Gram matrix is symmetric and exact to f64, across panels', () => {
  for (const [count, n] of [
    [1, 1],
    [50, 7],
    [30, 401],
  ] as const) {
    const a = Float32Array.from(normal(count * n, 'gram'));
    const gram = hostGram(a, count, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let wanted = 0;
        for (let k = 0; k < count; k++) wanted += a[k * n + i]! * a[k * n + j]!;
        assert.ok(Math.abs(gram[i * n + j]! - wanted) <= 1e-13 * count, `${count}×${n} at ${i}, ${j}`);
      }
    }
  }
});

test('the inverse Cholesky factor turns AᵀA into the identity and is upper triangular; an indefinite matrix has none', () => {
  for (const n of [1, 2, 47, 48, 49, 130]) {
    const a = Float32Array.from(normal((n + 20) * n, 'cholesky'));
    const gram = hostGram(a, n + 20, n);
    const r = inverseCholesky(gram.slice(), n)!;
    const product = new Float64Array(n * n);
    const result = new Float64Array(n * n);
    hostGemm(n, n, n, 1, transposed(rows(r, n)), rows(gram, n), { data: product, stride: n });
    hostGemm(n, n, n, 1, rows(product, n), rows(r, n), { data: result, stride: n });
    for (let i = 0; i < n; i++) {
      assert.ok(r[i * n + i]! > 0);
      for (let j = 0; j < n; j++) {
        if (j < i) assert.is(r[i * n + j], 0);
        assert.ok(Math.abs(result[i * n + j]! - (i === j ? 1 : 0)) <= 1e-11, `n = ${n} at ${i}, ${j}`);
      }
    }
  }
  assert.is(inverseCholesky(Float64Array.of(1, 2, 2, 1), 2), undefined);
  assert.is(inverseCholesky(Float64Array.of(0), 1), undefined);
  assert.is(inverseCholesky(Float64Array.of(Number.NaN), 1), undefined);
});

test('a team of threads gives the bits of one thread', () => {
  const n = 300;
  const a = normal(n * n, 'team');
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j]!;
  const alone = symmetricEigen(a.slice(), n);
  const gram = hostGram(Float32Array.from(a), n, n);
  const inverse = inverseCholesky(gram.slice(), n)!;
  for (const size of [1, 2, 4]) {
    const team = new ThreadTeam(size);
    const shared = (values: Float64Array) => {
      const array = team.array(values.length);
      array.set(values);
      return array;
    };
    const together = symmetricEigen(shared(a), n, team);
    assert.ok(
      together.vectors.every((value, i) => value === alone.vectors[i]),
      `${size} threads`,
    );
    assert.ok(
      together.values.every((value, i) => value === alone.values[i]),
      `${size} threads`,
    );
    assert.ok(hostGram(Float32Array.from(a), n, n, team).every((value, i) => value === gram[i]));
    assert.ok(inverseCholesky(shared(gram), n, team)!.every((value, i) => value === inverse[i]));
  }
});

test.run();
