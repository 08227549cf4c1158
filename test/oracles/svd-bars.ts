import * as assert from 'uvu/assert';
import { columnsOf, type Dense, multiply, type SvdOracle, spectralNorm, transpose } from './one-sided-jacobi.js';

const epsilon = 2 ** -23;

/** Asserts the accuracy that runflow promises of a decomposition in f32, against a decomposition in f64. */
export function checkSvd(a: Dense, found: SvdOracle, truth: SvdOracle, what: string): void {
  const r = Math.min(a.rows, a.columns);
  const { u, s, v } = found;
  assert.equal([u.rows, u.columns, s.length, v.rows, v.columns], [a.rows, r, r, a.columns, r], `${what}: shapes`);
  checkOrthonormal(u, `${what}: u`);
  checkOrthonormal(v, `${what}: v`);
  const largest = truth.s[0]!;
  for (let i = 0; i < r; i++) {
    assert.ok(i === 0 || s[i]! <= s[i - 1]!, `${what}: singular values descend`);
    const error = Math.abs(s[i]! - truth.s[i]!);
    assert.ok(error <= 2e-6 * largest, `${what}: singular value ${i} is off by ${error / largest}·σ₁`);
  }
  const scaled = { ...u, data: u.data.map((value, at) => value * s[at % r]!) };
  const product = multiply(scaled, transpose(v));
  const residual = Math.hypot(...product.data.map((value, at) => value - a.data[at]!));
  assert.ok(residual <= 4e-6 * Math.hypot(...a.data), `${what}: residual ${residual / Math.hypot(...a.data)}`);
  for (let k = 1; k < r; k++) {
    const gap = truth.s[k - 1]! - truth.s[k]!;
    const bar = Math.max(2e-6, (8 * epsilon * largest) / gap);
    if (!(bar < 0.5)) continue;
    for (const [side, mine, theirs] of [
      ['u', u, truth.u],
      ['v', v, truth.v],
    ] as const) {
      const error = subspaceDistance(columnsOf(mine, k), columnsOf(theirs, k));
      assert.ok(error <= bar, `${what}: span of the first ${k} columns of ${side} is off by ${error}, bar ${bar}`);
    }
  }
}

export function checkOrthonormal(q: Dense, what: string): void {
  const gram = multiply(transpose(q), q);
  const worst = gram.data.reduce((largest, value, at) => {
    const wanted = at % (q.columns + 1) === 0 ? 1 : 0;
    return Math.max(largest, Math.abs(value - wanted));
  }, 0);
  assert.ok(worst <= 4e-6, `${what}: |QᵀQ − I| reaches ${worst}`);
}

/** ‖(I − Q Qᵀ) P‖₂ for orthonormal columns P and Q of the same number: the sine of the largest angle between the spans. */
export function subspaceDistance(p: Dense, q: Dense): number {
  const inside = multiply(q, multiply(transpose(q), p));
  return spectralNorm({ ...p, data: p.data.map((value, at) => value - inside.data[at]!) });
}
