/** A matrix in host memory seen through strides: element (i, j) is `data[at + i · rowStep + j · columnStep]`. */
export interface HostView {
  readonly data: Float64Array | Float32Array;
  readonly at: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** A row-major matrix or a window of one, from element `at`. */
export function rows(data: Float64Array | Float32Array, stride: number, at = 0): HostView {
  return { data, at, rowStep: stride, columnStep: 1 };
}

export function transposed(view: HostView): HostView {
  return { ...view, rowStep: view.columnStep, columnStep: view.rowStep };
}

// Panel sizes: a B micro-panel (3 × depth) stays in the L1 cache, the packed A panel in L2. Register tile 3 × 3: nine sums
// and six operands fit the sixteen vector registers of x64; with 4 × 4 they would spill.
const tile = 3;
const depth = 192;
const panelRows = 96;
const panelColumns = 384;

const packedA = new Float64Array(panelRows * depth);
const packedB = new Float64Array(panelColumns * depth);

/** Copies a block into micro-panels of `tile` rows, k running fastest across panels; pads the last panel with zeros. */
function pack(view: HostView, row: number, column: number, rowCount: number, columnCount: number, out: Float64Array) {
  const { data, rowStep, columnStep } = view;
  let to = 0;
  for (let i = 0; i < rowCount; i += tile) {
    const height = Math.min(tile, rowCount - i);
    let from = view.at + (row + i) * rowStep + column * columnStep;
    for (let k = 0; k < columnCount; k++, from += columnStep, to += tile) {
      out[to] = data[from]!;
      out[to + 1] = height > 1 ? data[from + rowStep]! : 0;
      out[to + 2] = height > 2 ? data[from + 2 * rowStep]! : 0;
    }
  }
}

const sums = new Float64Array(tile * tile);

/** sums = Σ_k a[:, k] b[:, k]ᵀ over two packed micro-panels. */
function multiplyTile(depthHere: number, a: number, b: number): void {
  const A = packedA;
  const B = packedB;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  for (let k = 0; k < depthHere; k++, a += 3, b += 3) {
    const b0 = B[b]!;
    const b1 = B[b + 1]!;
    const b2 = B[b + 2]!;
    const a0 = A[a]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    const a1 = A[a + 1]!;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    const a2 = A[a + 2]!;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s02;
  sums[3] = s10;
  sums[4] = s11;
  sums[5] = s12;
  sums[6] = s20;
  sums[7] = s21;
  sums[8] = s22;
}

/**
 * C[m, n] += alpha · A[m, k] · B[k, n] in f64 on the host.
 * @param c row-major target, `stride` elements a row, first element at `at`.
 * @param diagonal computes only tiles that touch elements j ≤ i + diagonal; what lies beyond is then undefined.
 */
export function hostGemm(
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: HostView,
  b: HostView,
  c: { readonly data: Float64Array; readonly stride: number; readonly at?: number },
  diagonal?: number,
): void {
  const bT = transposed(b);
  const C = c.data;
  const origin = c.at ?? 0;
  for (let k0 = 0; k0 < k; k0 += depth) {
    const kHere = Math.min(depth, k - k0);
    for (let j0 = 0; j0 < n; j0 += panelColumns) {
      const columns = Math.min(panelColumns, n - j0);
      pack(bT, j0, k0, columns, kHere, packedB);
      for (let i0 = firstRow(j0, diagonal); i0 < m; i0 += panelRows) {
        const rowsHere = Math.min(panelRows, m - i0);
        pack(a, i0, k0, rowsHere, kHere, packedA);
        for (let i = 0; i < rowsHere; i += tile) {
          const height = Math.min(tile, rowsHere - i);
          for (let j = 0; j < columns; j += tile) {
            if (diagonal !== undefined && j0 + j > i0 + i + tile - 1 + diagonal) break;
            multiplyTile(kHere, i * kHere, j * kHere);
            const width = Math.min(tile, columns - j);
            for (let r = 0; r < height; r++) {
              const to = origin + (i0 + i + r) * c.stride + j0 + j;
              for (let s = 0; s < width; s++) C[to + s]! += alpha * sums[r * tile + s]!;
            }
          }
        }
      }
    }
  }
}

/** The panel of rows in which a lower trapezoid's column j begins. */
function firstRow(j: number, diagonal: number | undefined): number {
  if (diagonal === undefined) return 0;
  return Math.max(0, Math.floor((j - diagonal) / panelRows) * panelRows);
}
