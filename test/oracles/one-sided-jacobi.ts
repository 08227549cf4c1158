/** A dense matrix in f64, row-major. */
export interface Dense {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export interface SvdOracle {
  /** [rows, r]. */
  readonly u: Dense;
  /** [r], descending. */
  readonly s: Float64Array;
  /** [columns, r]. */
  readonly v: Dense;
}

export function dense(rows: number, columns: number, data: ArrayLike<number>): Dense {
  return { rows, columns, data: Float64Array.from(data) };
}

export function transpose({ rows, columns, data }: Dense): Dense {
  const result = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j]!;
  return { rows: columns, columns: rows, data: result };
}

export function multiply(a: Dense, b: Dense): Dense {
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k]!;
      for (let j = 0; j < b.columns; j++) data[i * b.columns + j]! += factor * b.data[k * b.columns + j]!;
    }
  }
  return { rows: a.rows, columns: b.columns, data };
}

/** The first k columns. */
export function columnsOf({ rows, columns, data }: Dense, k: number): Dense {
  const result = new Float64Array(rows * k);
  for (let i = 0; i < rows; i++) for (let j = 0; j < k; j++) result[i * k + j] = data[i * columns + j]!;
  return { rows, columns: k, data: result };
}

/**
 * Thin SVD in f64 by one-sided Jacobi rotations (Hestenes), which computes even tiny singular values to high relative
 * accuracy. Columns of a zero singular value are zero in the long-side factor; one below the normal numbers counts as zero, for
 * its reciprocal is none.
 */
export function svdOracle(a: Dense): SvdOracle {
  if (a.columns > a.rows) {
    const { u, s, v } = svdOracle(transpose(a));
    return { u: v, s, v: u };
  }
  const { rows: m, columns: n } = a;
  // Columns as rows, so that a rotation runs along memory.
  const x = transpose(a).data;
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const rotate = (data: Float64Array, width: number, p: number, q: number, c: number, s: number) => {
    for (let k = 0; k < width; k++) {
      const y = data[p * width + k]!;
      const z = data[q * width + k]!;
      data[p * width + k] = c * y - s * z;
      data[q * width + k] = s * y + c * z;
    }
  };
  for (let sweep = 0, rotated = true; rotated && sweep < 60; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let k = 0; k < m; k++) {
          const y = x[p * m + k]!;
          const z = x[q * m + k]!;
          pp += y * y;
          qq += z * z;
          pq += y * z;
        }
        if (Math.abs(pq) <= 1e-15 * Math.sqrt(pp * qq)) continue;
        rotated = true;
        const theta = (qq - pp) / (2 * pq);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        rotate(x, m, p, q, c, t * c);
        rotate(v, n, p, q, c, t * c);
      }
    }
  }
  const norms = Array.from({ length: n }, (_, i) => {
    const norm = Math.hypot(...x.subarray(i * m, (i + 1) * m));
    return norm < 2 ** -1022 ? 0 : norm;
  });
  const order = norms.map((_, i) => i).sort((i, j) => norms[j]! - norms[i]!);
  const pick = (data: Float64Array, width: number, scale: (i: number) => number) =>
    transpose({
      rows: n,
      columns: width,
      data: Float64Array.from({ length: n * width }, (_, at) => {
        const i = order[Math.floor(at / width)]!;
        return data[i * width + (at % width)]! * scale(i);
      }),
    });
  return {
    u: pick(x, m, (i) => (norms[i] === 0 ? 0 : 1 / norms[i]!)),
    s: Float64Array.from(order, (i) => norms[i]!),
    v: pick(v, n, () => 1),
  };
}

/** ‖A‖₂ by power iteration on AᵀA; good to a few per cent, never above the truth. */
export function spectralNorm(a: Dense): number {
  let x = dense(
    a.columns,
    1,
    Float64Array.from({ length: a.columns }, (_, i) => 1 + ((i * 7919) % 101) / 100),
  );
  let norm = 0;
  for (let step = 0; step < 30; step++) {
    const y = multiply(a, x);
    const z = multiply(transpose(a), y);
    const length = Math.hypot(...z.data);
    if (length === 0) return 0;
    norm = Math.sqrt(length / Math.hypot(...x.data));
    x = { ...z, data: z.data.map((value) => value / length) };
  }
  return norm;
}
