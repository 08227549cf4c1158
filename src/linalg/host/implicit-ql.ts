/**
 * Eigenvalues and eigenvectors of rows and columns [start, end) of a symmetric tridiagonal matrix by implicit QL (EISPACK's
 * tql2): O(size³), for small sizes.
 * @param diagonal holds the diagonal before and the ascending eigenvalues after.
 * @param offDiagonal element i stands beside diagonal elements i and i + 1; elements beyond the range are not looked at.
 * @param vectors [n, n] row-major: rows start … end − 1 receive the eigenvectors, in columns start … end − 1.
 */
export function tridiagonalQl(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  vectors: Float64Array,
  n: number,
  start: number,
  end: number,
): void {
  const size = end - start;
  const d = diagonal.subarray(start, end);
  const e = new Float64Array(size);
  for (let i = 0; i + 1 < size; i++) e[i] = offDiagonal[start + i]!;
  // Row i is the vector of d[i]: a rotation of two neighbouring vectors runs along memory.
  const q = new Float64Array(size * size);
  for (let i = 0; i < size; i++) q[i * size + i] = 1;
  for (let l = 0; l < size; l++) {
    for (;;) {
      let m = l;
      while (m + 1 < size) {
        const scale = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
        if (Math.abs(e[m]!) <= (Number.EPSILON / 2) * scale) break;
        m++;
      }
      if (m === l) break;
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let r = Math.hypot(g, 1);
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * e[i]!;
        const b = c * e[i]!;
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1]! -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        const row = i * size;
        for (let k = row; k < row + size; k++) {
          const x = q[k + size]!;
          const y = q[k]!;
          q[k + size] = s * y + c * x;
          q[k] = c * y - s * x;
        }
      }
      if (r === 0 && i >= l) continue;
      d[l]! -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  const order = Array.from(d, (_, i) => i).sort((a, b) => d[a]! - d[b]!);
  const sorted = order.map((i) => d[i]!);
  d.set(sorted);
  for (const [i, from] of order.entries()) {
    vectors.set(q.subarray(from * size, (from + 1) * size), (start + i) * n + start);
  }
}
