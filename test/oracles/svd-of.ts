import type { Arithmetic } from '../../src/linalg/arithmetic.js';
import { thinSvd } from '../../src/linalg/thin-svd.js';
import { type Dense, dense, type SvdOracle, transpose } from './one-sided-jacobi.js';

/** The product's own decomposition of a matrix in memory. */
export async function svdOf(a: Dense, arithmetic: Arithmetic): Promise<SvdOracle> {
  const wide = a.columns > a.rows;
  const { rows, columns, data } = wide ? transpose(a) : a;
  const parts: Float32Array[] = [];
  const sink = {
    append: async (part: Float32Array) => void parts.push(part),
    restart: async () => void parts.splice(0),
  };
  const window = async (start: number, count: number) =>
    Float32Array.from(data.subarray(start * columns, (start + count) * columns));
  const { singularValues, shortBasis } = await thinSvd(arithmetic, { rows, columns, window }, sink);
  const long = dense(
    rows,
    columns,
    parts.flatMap((part) => [...part]),
  );
  const short = dense(columns, columns, shortBasis);
  return wide ? { u: short, s: singularValues, v: long } : { u: long, s: singularValues, v: short };
}
