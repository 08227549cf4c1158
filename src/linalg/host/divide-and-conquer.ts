import { rows } from './gemm.js';
import { tridiagonalQl } from './implicit-ql.js';
import type { HostProducts } from './products.js';
import { secularRoots, secularVectors } from './secular.js';

/** Up to this size implicit QL is faster than another division. */
const leafSize = 32;

export interface TridiagonalEigen {
  /** [n], ascending. */
  readonly values: Float64Array;
  /** [n, n] row-major: row i is the eigenvector of values[i]. */
  readonly vectors: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric tridiagonal matrix in f64 by divide and conquer (Cuppen 1981; deflation as in
 * LAPACK's dlaed2, orthogonality by Gu and Eisenstat 1994): T is cut in two by a rank-one change, the halves are solved,
 * and the secular equation joins them.
 */
export function tridiagonalEigen(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  products: HostProducts,
): TridiagonalEigen {
  const n = diagonal.length;
  const values = diagonal.slice();
  const vectors = products.array(n * n);
  let starts = [0];
  for (let size = n; size > leafSize; size = Math.ceil(size / 2)) {
    const ends = [...starts.slice(1), n];
    starts = starts.flatMap((start, i) => [start, start + Math.ceil((ends[i]! - start) / 2)]);
  }
  // Cutting T before row m takes |e| from both neighbours of the cut: diag(T1, T2) + |e| u uᵀ, u = e_{m−1} + sign(e) e_m.
  for (const start of starts.slice(1)) {
    const cut = Math.abs(offDiagonal[start - 1]!);
    values[start - 1]! -= cut;
    values[start]! -= cut;
  }
  for (const [i, start] of starts.entries()) {
    tridiagonalQl(values, offDiagonal, vectors, n, start, starts[i + 1] ?? n);
  }
  const joiner = new Joiner(n, values, vectors, products);
  while (starts.length > 1) {
    for (let i = 0; i < starts.length; i += 2) {
      const cut = starts[i + 1]!;
      joiner.join(starts[i]!, cut, starts[i + 2] ?? n, offDiagonal[cut - 1]!);
    }
    starts = starts.filter((_, i) => i % 2 === 0);
  }
  return { values, vectors };
}

/** Which columns a vector of the two halves fills. */
const firstHalf = 0;
const both = 1;
const secondHalf = 2;

/** The halves' eigenpairs as the rank-one change diag(d) + ρ z zᵀ sees them, in ascending order of d. */
interface RankOne {
  readonly d: Float64Array;
  readonly z: Float64Array;
  readonly rho: number;
  /** Row of `vectors`. */
  readonly row: readonly number[];
  readonly fills: Uint8Array;
}

class Joiner {
  readonly #n: number;
  readonly #values: Float64Array;
  readonly #vectors: Float64Array;
  readonly #products: HostProducts;
  /** [k, k]: the joined vectors in terms of the halves' ones. */
  readonly #mixing: Float64Array;
  /** The halves' vectors, one half's columns at a time. */
  readonly #old: Float64Array;

  constructor(n: number, values: Float64Array, vectors: Float64Array, products: HostProducts) {
    this.#n = n;
    this.#values = values;
    this.#vectors = vectors;
    this.#products = products;
    this.#mixing = products.array(n > leafSize ? n * n : 0);
    this.#old = products.array(n > leafSize ? n * Math.ceil(n / 2) : 0);
  }

  /**
   * Eigen-decomposition of rows and columns [start, end) from those of [start, cut) and [cut, end): `values` and the rows
   * of `vectors` hold the halves' before and the whole's, ascending, after. @param e the off-diagonal element at the cut.
   */
  join(start: number, cut: number, end: number, e: number): void {
    const change = this.#rankOne(start, cut, end, e);
    const { kept, deflated } = this.#deflate(change, start, end);
    const idle = deflated.map((i) => this.#row(change.row[i]!, start, end).slice());
    const values = [...this.#mix(change, kept, start, cut, end), ...deflated.map((i) => change.d[i]!)];
    for (const [i, row] of idle.entries()) this.#row(start + kept.length + i, start, end).set(row);
    this.#sort(values, start, end);
  }

  #row(row: number, start: number, end: number): Float64Array {
    return this.#vectors.subarray(row * this.#n + start, row * this.#n + end);
  }

  #rankOne(start: number, cut: number, end: number, e: number): RankOne {
    const [values, vectors, n] = [this.#values, this.#vectors, this.#n];
    const row = Array.from({ length: end - start }, (_, i) => start + i).sort((a, b) => values[a]! - values[b]!);
    // z = (last components of the first half's vectors, ± first components of the second half's), made a unit vector.
    const sign = e < 0 ? -1 : 1;
    const z = row.map((i) => Math.SQRT1_2 * (i < cut ? vectors[i * n + cut - 1]! : sign * vectors[i * n + cut]!));
    return {
      d: Float64Array.from(row, (i) => values[i]!),
      z: Float64Array.from(z),
      rho: 2 * Math.abs(e),
      row,
      fills: Uint8Array.from(row, (i) => (i < cut ? firstHalf : secondHalf)),
    };
  }

  /**
   * Finds the vectors that the change leaves alone: those with a negligible z, and one of every two whose values are so
   * close that a rotation moves all of z to the other.
   */
  #deflate({ d, z, rho, row, fills }: RankOne, start: number, end: number): { kept: number[]; deflated: number[] } {
    let largest = 0;
    for (let i = 0; i < d.length; i++) largest = Math.max(largest, Math.abs(d[i]!), rho * Math.abs(z[i]!));
    const tolerance = 4 * Number.EPSILON * largest;
    const kept: number[] = [];
    const deflated: number[] = [];
    let previous = -1;
    for (let i = 0; i < d.length; i++) {
      if (rho * Math.abs(z[i]!) <= tolerance) {
        deflated.push(i);
        continue;
      }
      if (previous >= 0) {
        const length = Math.hypot(z[i]!, z[previous]!);
        const c = z[i]! / length;
        const s = -z[previous]! / length;
        if (Math.abs((d[i]! - d[previous]!) * c * s) > tolerance) {
          kept.push(previous);
        } else {
          z[i] = length;
          z[previous] = 0;
          if (fills[i] !== fills[previous]) fills[i] = fills[previous] = both;
          rotate(this.#row(row[previous]!, start, end), this.#row(row[i]!, start, end), c, s);
          const [low, high] = [d[previous]!, d[i]!];
          d[previous] = low * c * c + high * s * s;
          d[i] = low * s * s + high * c * c;
          deflated.push(previous);
        }
      }
      previous = i;
    }
    if (previous >= 0) kept.push(previous);
    return { kept, deflated };
  }

  /** Writes the joined vectors to rows start … start + kept − 1 and returns their values, ascending. */
  #mix(
    { d, z, rho, row, fills }: RankOne,
    kept: readonly number[],
    start: number,
    cut: number,
    end: number,
  ): Float64Array {
    const k = kept.length;
    if (k === 0) return new Float64Array(0);
    const keptD = Float64Array.from(kept, (i) => d[i]!);
    const keptZ = Float64Array.from(kept, (i) => z[i]!);
    const roots = secularRoots(keptD, keptZ, rho, this.#mixing.subarray(0, k * k));
    // Vectors that fill the first half's columns come first, those that fill the second half's last: each half's product
    // leaves out the others.
    const grouped = kept.map((_, j) => j).sort((a, b) => fills[kept[a]!]! - fills[kept[b]!]!);
    const count = (fill: number) => kept.filter((i) => fills[i] === fill).length;
    const mixing = secularVectors(keptD, keptZ, roots, grouped);
    const halves = [
      { members: grouped.slice(0, k - count(secondHalf)), from: start, to: cut, first: 0 },
      { members: grouped.slice(count(firstHalf)), from: cut, to: end, first: count(firstHalf) },
    ];
    for (const { members, from, to, first } of halves) {
      const width = to - from;
      for (const [i, j] of members.entries()) this.#old.set(this.#row(row[kept[j]!]!, from, to), i * width);
      for (let i = start; i < start + k; i++) this.#row(i, from, to).fill(0);
      this.#products.run({
        operation: 'gemm',
        m: k,
        n: width,
        k: members.length,
        alpha: 1,
        a: rows(mixing, k, first),
        b: rows(this.#old, width),
        c: { data: this.#vectors, stride: this.#n, at: start * this.#n + from },
      });
    }
    return roots.values;
  }

  /** Stores the values in ascending order and moves the rows accordingly. */
  #sort(values: readonly number[], start: number, end: number): void {
    const source = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
    for (const [i, from] of source.entries()) this.#values[start + i] = values[from]!;
    const moved = new Uint8Array(source.length);
    for (let i = 0; i < source.length; i++) {
      if (moved[i] === 1 || source[i] === i) continue;
      const first = this.#row(start + i, start, end).slice();
      let to = i;
      for (; source[to] !== i; to = source[to]!) {
        this.#row(start + to, start, end).set(this.#row(start + source[to]!, start, end));
        moved[to] = 1;
      }
      this.#row(start + to, start, end).set(first);
      moved[to] = 1;
    }
  }
}

/** (x, y) ← (c x + s y, c y − s x). */
function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let j = 0; j < x.length; j++) {
    const [a, b] = [x[j]!, y[j]!];
    x[j] = c * a + s * b;
    y[j] = c * b - s * a;
  }
}
