import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { symmetricEigen } from '../../../../src/linalg/host/symmetric-eigen.js';
import { fillNormal } from '../../../../src/linalg/normal.js';
import { RandomStream } from '../../../../src/linalg/philox.js';

/** Q diag(values) Qᵀ with Q a product of a few random reflections and plane rotations. */
function withSpectrum(values: ArrayLike<number>, seed: number): Float64Array {
  const n = values.length;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) a[i * n + i] = values[i]!;
  const v = new Float64Array(n);
  for (let round = 0; round < 4; round++) {
    fillNormal(new RandomStream(seed, `reflection ${round}`), v);
    const length = Math.hypot(...v);
    for (let i = 0; i < n; i++) v[i]! /= length;
    const av = v.map((_, i) => v.reduce((sum, x, k) => sum + a[i * n + k]! * x, 0));
    const vav = v.reduce((sum, x, i) => sum + x * av[i]!, 0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const value = a[i * n + j]! - 2 * v[i]! * av[j]! - 2 * av[i]! * v[j]! + 4 * vav * v[i]! * v[j]!;
        a[i * n + j] = value;
        a[j * n + i] = value;
      }
    }
  }
  return a;
}

function random(n: number, seed: number): Float64Array {
  const a = new Float64Array(n * n);
  fillNormal(new RandomStream(seed, 'symmetric'), a);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j]!;
  return a;
}

function tridiagonal(n: number, diagonal: (i: number) => number, off: (i: number) => number): Float64Array {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = diagonal(i);
    if (i + 1 < n) a[i * n + i + 1] = a[(i + 1) * n + i] = off(i);
  }
  return a;
}

/** Asserts A v = λ v, VVᵀ = I and descending order, all relative to ‖A‖; returns the values. */
function check(a: Float64Array, n: number, what: string): Float64Array {
  const scale = Math.max(1e-300, Math.sqrt(a.reduce((sum, x) => sum + x * x, 0)));
  const { values, vectors } = symmetricEigen(a.slice(), n);
  const tolerance = 40 * Number.EPSILON * Math.sqrt(n);
  for (let i = 0; i < n; i++) {
    if (i > 0) assert.ok(values[i]! <= values[i - 1]!, `${what}: order`);
    const v = vectors.subarray(i * n, (i + 1) * n);
    for (let r = 0; r < n; r++) {
      let sum = -values[i]! * v[r]!;
      for (let k = 0; k < n; k++) sum += a[r * n + k]! * v[k]!;
      assert.ok(Math.abs(sum) <= tolerance * scale, `${what}: residual ${Math.abs(sum) / scale} of pair ${i}`);
    }
    for (let j = 0; j <= i; j++) {
      let dot = i === j ? -1 : 0;
      for (let k = 0; k < n; k++) dot += v[k]! * vectors[j * n + k]!;
      assert.ok(Math.abs(dot) <= tolerance, `${what}: vectors ${i} and ${j} have cosine ${dot}`);
    }
  }
  return values;
}

test('eigenpairs of random matrices of every small size are exact to rounding', () => {
  for (let n = 1; n <= 40; n++) check(random(n, n), n, `random ${n}`);
  for (const n of [63, 64, 65, 97, 130, 200]) check(random(n, n), n, `random ${n}`);
});

test('given spectra come back: spread over 1e16, clusters, ties, zeros, both signs', () => {
  const n = 100;
  const spectra: Record<string, (i: number) => number> = {
    graded: (i) => 10 ** (-16 * (i / (n - 1))),
    clustered: (i) => (i < 50 ? 1 : 1e-6) * (1 + i * 1e-15),
    ties: (i) => 5 - Math.floor(i / 20),
    'rank deficient': (i) => (i < 7 ? 7 - i : 0),
    'both signs': (i) => 50 - i,
  };
  for (const [name, value] of Object.entries(spectra)) {
    const wanted = Float64Array.from({ length: n }, (_, i) => value(i)).sort((x, y) => y - x);
    const found = check(withSpectrum(wanted, 3), n, name);
    for (let i = 0; i < n; i++) {
      assert.ok(Math.abs(found[i]! - wanted[i]!) <= 1e-14 * Math.abs(wanted[0]!) * Math.sqrt(n), `${name}: value ${i}`);
    }
  }
});

test('matrices that deflate in every way: diagonal, zero, identity, glued Wilkinson, constant tridiagonal, rank one', () => {
  const n = 126;
  check(new Float64Array(n * n), n, 'zero');
  check(
    tridiagonal(
      n,
      () => 1,
      () => 0,
    ),
    n,
    'identity',
  );
  check(
    tridiagonal(
      n,
      (i) => (i * 37) % 11,
      () => 0,
    ),
    n,
    'diagonal',
  );
  check(
    tridiagonal(
      n,
      () => 2,
      () => -1,
    ),
    n,
    'second difference',
  );
  check(
    tridiagonal(
      n,
      (i) => Math.abs((i % 21) - 10),
      (i) => (i % 21 === 20 ? 1e-8 : 1),
    ),
    n,
    'glued Wilkinson',
  );
  check(
    tridiagonal(
      n,
      () => 0,
      (i) => (i % 2 === 0 ? 1 : -1),
    ),
    n,
    'zero diagonal',
  );
  check(
    tridiagonal(
      n,
      (i) => 1e-12 ** (i / n),
      (i) => 1e-14 ** (i / n),
    ),
    n,
    'graded tridiagonal',
  );
  check(new Float64Array(n * n).fill(1), n, 'ones');
});

test('scaling a matrix by a power of two scales its eigenvalues and nothing else', () => {
  const n = 70;
  const a = random(n, 5);
  const plain = symmetricEigen(a.slice(), n);
  for (const factor of [2 ** -60, 2 ** 60]) {
    const scaled = symmetricEigen(
      a.map((x) => x * factor),
      n,
    );
    assert.equal(scaled.vectors, plain.vectors);
    assert.equal(
      scaled.values,
      plain.values.map((x) => x * factor),
    );
  }
});

test.run();
