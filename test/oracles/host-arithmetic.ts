import { fromFloat32, toFloat32 } from '../../src/formats/float-conversion.js';
import type { Arithmetic, Matrix, Operand, ProjectedUpdate, RowEnergies } from '../../src/linalg/arithmetic.js';
import { type HostView, hostGemm, rows, transposed } from '../../src/linalg/host/gemm.js';
import { hostGram } from '../../src/linalg/host/gram.js';

class HostMatrix implements Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
  constructor(data: Float32Array, rows: number, columns: number) {
    this.data = data;
    this.rows = rows;
    this.columns = columns;
  }
  release(): void {}
}

/** Arithmetic without a device: sums in f64, results rounded to f32. The oracle of DeviceArithmetic. */
export class HostArithmetic implements Arithmetic {
  readonly sumBlock = 4;

  upload(data: Float32Array, rowCount: number, columns: number): Matrix {
    return new HostMatrix(data.slice(), rowCount, columns);
  }

  zeros(rowCount: number, columns: number): Matrix {
    return new HostMatrix(new Float32Array(rowCount * columns), rowCount, columns);
  }

  async download(matrix: Matrix): Promise<Float32Array> {
    return dataOf(matrix).slice();
  }

  copy(matrix: Matrix): Matrix {
    return new HostMatrix(dataOf(matrix).slice(), matrix.rows, matrix.columns);
  }

  rowRange(matrix: Matrix, first: number, count: number): Operand {
    const { columns } = matrix;
    return new HostMatrix(dataOf(matrix).subarray(first * columns, (first + count) * columns), count, columns);
  }

  product(
    a: Operand,
    b: Operand,
    options: { readonly transposeA?: boolean; readonly transposeB?: boolean; readonly addTo?: Matrix } = {},
  ): Matrix {
    const left = options.transposeA ? transposed(view(a)) : view(a);
    const right = options.transposeB ? transposed(view(b)) : view(b);
    const m = options.transposeA ? a.columns : a.rows;
    const k = options.transposeA ? a.rows : a.columns;
    const n = options.transposeB ? b.rows : b.columns;
    const sums = options.addTo === undefined ? new Float64Array(m * n) : Float64Array.from(dataOf(options.addTo));
    hostGemm(m, n, k, 1, left, right, { data: sums, stride: n });
    if (options.addTo === undefined) return new HostMatrix(Float32Array.from(sums), m, n);
    dataOf(options.addTo).set(sums);
    return options.addTo;
  }

  gram(a: Matrix): Promise<Float64Array> {
    return this.exactGram(dataOf(a), a.rows, a.columns);
  }

  async exactGram(a: Float32Array, rowCount: number, columns: number): Promise<Float64Array> {
    return hostGram(a, rowCount, columns);
  }

  rowEnergies(): RowEnergies {
    const energies: Float64Array[] = [];
    return {
      add: (a) => void energies.push(rowEnergies(dataOf(a), a.columns)),
      read: async () => energies.splice(0),
    };
  }

  async settled(): Promise<void> {}

  project(weights: Matrix, update: Matrix, projection: Matrix, how: ProjectedUpdate): Matrix {
    const theta = dataOf(weights);
    const delta = dataOf(update);
    const inside = dataOf(projection);
    const scale = how.scale ?? 1;
    let projected = inside;
    if (how.mode === 'orthogonal') projected = delta.map((value, i) => value - inside[i]!);
    else if (how.mode === 'opposite') projected = inside.map((value) => -value);
    projected = projected.map((value) => value / scale);
    if (how.castUpdate !== undefined) {
      projected = toFloat32(fromFloat32(projected, how.castUpdate), how.castUpdate);
    }
    const sum = theta.map((value, i) => value + projected[i]!);
    const stored = toFloat32(fromFloat32(sum, how.storage), how.storage);
    const result = how.result === 'weights' ? stored : stored.map((value, i) => Math.fround(value - theta[i]!) * scale);
    return new HostMatrix(
      how.result === 'change' && how.storage === 'F64' ? projected.map((value) => value * scale) : result,
      weights.rows,
      weights.columns,
    );
  }
}

function dataOf(matrix: Operand): Float32Array {
  return (matrix as HostMatrix).data;
}

function view(matrix: Operand): HostView {
  return rows(dataOf(matrix), matrix.columns);
}

function rowEnergies(data: Float32Array, columns: number): Float64Array {
  return Float64Array.from({ length: data.length / columns }, (_, i) => {
    let sum = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) sum += data[k]! * data[k]!;
    return sum;
  });
}
