import { type Dense, dense, multiply, svdOracle, transpose } from './one-sided-jacobi.js';

/**
 * Principal angles between the column spans of two matrices, ascending, in f64 by Björck and Golub's algorithm: arcsines of
 * the singular values of (I − Q_A Q_Aᵀ) Q_B where they are small, arccosines of those of Q_Aᵀ Q_B elsewhere.
 */
export function anglesOracle(a: Dense, b: Dense): number[] {
  const [qa, qb] = [orthonormalColumns(a), orthonormalColumns(b)];
  const [first, second] = qa.columns >= qb.columns ? [qa, qb] : [qb, qa];
  const m = multiply(transpose(first), second);
  const cosines = [...svdOracle(m).s];
  const inside = multiply(first, m);
  const outside = dense(
    second.rows,
    second.columns,
    second.data.map((value, i) => value - inside.data[i]!),
  );
  const sines = [...svdOracle(outside).s].reverse();
  return cosines.map((cosine, i) =>
    cosine ** 2 < 0.5 ? Math.acos(Math.min(1, cosine)) : Math.asin(Math.min(1, sines[i]!)),
  );
}

/** Gram–Schmidt, twice. */
function orthonormalColumns(x: Dense): Dense {
  const q = transpose(x);
  for (let i = 0; i < q.rows; i++) {
    const row = q.data.subarray(i * q.columns, (i + 1) * q.columns);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = q.data.subarray(j * q.columns, (j + 1) * q.columns);
        const product = row.reduce((sum, value, k) => sum + value * other[k]!, 0);
        for (let k = 0; k < q.columns; k++) row[k]! -= product * other[k]!;
      }
      const length = Math.hypot(...row);
      for (let k = 0; k < q.columns; k++) row[k]! /= length;
    }
  }
  return transpose(q);
}
