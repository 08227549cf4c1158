/**
 * A matrix with rows ≥ columns that is read in windows of rows, so that memory follows the window. A wide matrix is read
 * as its transpose.
 */
export interface TallMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Rows read at a time. Default: as many as make a window of a fixed size. */
  readonly windowRows?: number;
  /** Rows [start, start + count), row-major. The same bits whenever it is asked for. */
  window(start: number, count: number): Promise<Float32Array>;
}

/** f32 bytes of one window: large enough to keep a device busy, small beside any tensor worth splitting. */
const windowBytes = 16 * 2 ** 20;
/** Kernels that count rows in one dimension of their grid see no more than this. */
const mostRows = 2 ** 20;

/** Row ranges that cover [0, rows) in windows of equal size but the last; a multiple of 64 rows by default. */
export function windowsOf(matrix: Omit<TallMatrix, 'window'>): { readonly start: number; readonly count: number }[] {
  const { rows, columns } = matrix;
  const fitting = Math.min(mostRows, Math.floor(windowBytes / (4 * columns)));
  const size = matrix.windowRows ?? (fitting >= rows ? rows : Math.max(64, fitting - (fitting % 64)));
  const windows: { start: number; count: number }[] = [];
  for (let start = 0; start < rows; start += size) windows.push({ start, count: Math.min(size, rows - start) });
  return windows;
}
