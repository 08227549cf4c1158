/** Columns of a block: its sums and four rows of the right factor stay in the L1 cache. */
const blockColumns = 2048;
/** Terms added up for each visit of a sum. */
const depth = 4;

/**
 * S[count, columns] += L[count, rank] · R[rank, columns] in f64, for ranks far below both sides: every row of R is read
 * along its elements, so that nothing is packed first.
 * @param left row-major, from row `first` on
 * @param right row-major
 */
export function addLowRank(
  sum: Float64Array,
  left: Float64Array,
  right: Float32Array | Float64Array,
  shape: { readonly first: number; readonly count: number; readonly rank: number; readonly columns: number },
): void {
  const { first, count, rank, columns } = shape;
  // What is missing to pairs of rows and whole depths are zeros times the last row, which change nothing.
  const coefficient = (row: number, k: number) => (row < count && k < rank ? left[(first + row) * rank + k]! : 0);
  for (let start = 0; start < columns; start += blockColumns) {
    const width = Math.min(blockColumns, columns - start);
    for (let row = 0; row < count; row += 2) {
      const second = Math.min(row + 1, count - 1);
      for (let k = 0; k < rank; k += depth) {
        const four = (value: (k: number) => number): Four => [value(k), value(k + 1), value(k + 2), value(k + 3)];
        const rows = four((term) => Math.min(term, rank - 1) * columns + start);
        const x = four((term) => coefficient(row, term));
        const y = four((term) => coefficient(row + 1, term));
        addRows(sum, row * columns + start, second * columns + start, right, rows, x, y, width);
      }
    }
  }
}

type Four = readonly [number, number, number, number];

/** Two rows of the sum, each with four multiples of rows of the right factor. */
function addRows(
  sum: Float64Array,
  one: number,
  two: number,
  right: Float32Array | Float64Array,
  [r0, r1, r2, r3]: Four,
  [x0, x1, x2, x3]: Four,
  [y0, y1, y2, y3]: Four,
  width: number,
): void {
  for (let j = 0; j < width; j++) {
    const a0 = right[r0 + j]!;
    const a1 = right[r1 + j]!;
    const a2 = right[r2 + j]!;
    const a3 = right[r3 + j]!;
    sum[one + j]! += x0 * a0 + x1 * a1 + x2 * a2 + x3 * a3;
    sum[two + j]! += y0 * a0 + y1 * a1 + y2 * a2 + y3 * a3;
  }
}
