import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fromFloat32, toFloat32 } from '../../../../src/formats/float-conversion.js';
import type { ElementType } from '../../../../src/gpu/element-access.js';
import { type Gemm, type GemmOptions, gemm } from '../../../../src/linalg/device/gemm.js';
import { device } from '../../device.js';

const test = suite('GEMM');
const gpu = await device();

interface Case {
  m: number;
  n: number;
  k: number;
  transposeA?: boolean;
  transposeB?: boolean;
  alpha?: number;
  beta?: number;
  batch?: number;
  typeA?: ElementType;
  typeB?: ElementType;
  /** Elements before the matrix, behind each row, and between matrices of a batch. */
  offset?: number;
  padding?: number;
}

let seed = 1;
/** Numbers of both signs and of magnitudes 2^-6 … 2^2, repeatable. */
function randomValues(length: number): Float32Array {
  return Float32Array.from({ length }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return ((seed >>> 8) / 2 ** 24 - 0.5) * 2 ** ((seed & 7) - 4);
  });
}

/** A stored matrix with its place in its memory, on both sides. Everything around it is NaN. */
function place(rows: number, columns: number, type: ElementType, { batch = 1, offset = 0, padding = 0 }: Case) {
  const stride = columns + padding;
  const batchStride = rows * stride + padding;
  const length = offset + batch * batchStride - 2 * padding;
  const values = new Float32Array(length).fill(Number.NaN);
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < rows; r++) {
      values.set(randomValues(columns), offset + b * batchStride + r * stride);
    }
  }
  const bytes = fromFloat32(values, type);
  return { values: toFloat32(bytes, type), bytes, stride, batchStride, offset, type };
}

/** Runs a product on the device and checks each element against f64 within 8·eps·Σ|a·b|; nothing else of C may change. */
async function check(given: Case, options: GemmOptions = {}): Promise<Float32Array> {
  const { m, n, k, transposeA = false, transposeB = false, alpha = 1, beta = 0, batch = 1 } = given;
  const a = place(transposeA ? k : m, transposeA ? m : k, given.typeA ?? 'F32', given);
  const b = place(transposeB ? n : k, transposeB ? k : n, given.typeB ?? 'F32', given);
  const c = place(m, n, 'F32', given);
  if (beta === 0) c.values.fill(Number.NaN);
  const buffers = {
    a: gpu.upload(a.bytes, 'A'),
    b: gpu.upload(b.bytes, 'B'),
    c: gpu.upload(c.values, 'C'),
  };
  const operand = (x: typeof a, buffer: typeof buffers.a) => ({ ...x, buffer });
  const product: Gemm = { ...given, a: operand(a, buffers.a), b: operand(b, buffers.b), c: operand(c, buffers.c) };
  gemm(gpu, product, options);
  const result = new Float32Array(await gpu.read(buffers.c));
  gpu.release(...Object.values(buffers));
  const touched = new Uint8Array(result.length);
  for (let z = 0; z < batch; z++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const at = c.offset + z * c.batchStride + i * c.stride + j;
        let sum = beta === 0 ? 0 : beta * c.values[at]!;
        let magnitude = Math.abs(sum);
        for (let l = 0; l < k; l++) {
          const [ai, bj] = [
            transposeA ? l * a.stride + i : i * a.stride + l,
            transposeB ? j * b.stride + l : l * b.stride + j,
          ];
          const term =
            alpha * a.values[a.offset + z * a.batchStride + ai]! * b.values[b.offset + z * b.batchStride + bj]!;
          sum += term;
          magnitude += Math.abs(term);
        }
        touched[at] = 1;
        if (!(Math.abs(result[at]! - sum) <= 8 * 2 ** -24 * magnitude + 1e-37)) {
          assert.unreachable(`C[${z}][${i}, ${j}] is ${result[at]}, not ${sum}: ${JSON.stringify(given)}`);
        }
      }
    }
  }
  for (let at = 0; at < result.length; at++) {
    if (touched[at] === 0 && !Object.is(result[at], c.values[at]))
      assert.unreachable(`C changed outside of the matrix at ${at}`);
  }
  return result;
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [x, y] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return x!.equals(y!);
}

const forms = [{}, { transposeB: true }, { transposeA: true }];
const shapes = [
  { m: 1, n: 1, k: 1 },
  { m: 1, n: 37, k: 300 },
  { m: 3, n: 5, k: 7 },
  { m: 8, n: 16, k: 8 },
  { m: 33, n: 65, k: 129 },
  { m: 257, n: 64, k: 260 },
];

const strides = [
  { m: 9, n: 12, k: 300, alpha: -0.5, beta: 2, batch: 3, offset: 64, padding: 4 },
  { m: 9, n: 13, k: 11, padding: 3, offset: 64 },
  { m: 9, n: 13, k: 11, alpha: 3, beta: -1, batch: 2, offset: 77, padding: 3 },
];
const types = [
  { typeA: 'BF16', typeB: 'BF16' },
  { typeA: 'F16', typeB: 'F32' },
  { typeA: 'F32', typeB: 'F16' },
] as const;

if (gpu.subgroupSize >= 4) {
  test('agrees with f64 in every form on odd and even sizes', async () => {
    for (const form of forms) for (const shape of shapes) await check({ ...form, ...shape }, { variant: 'subgroup' });
  });

  test('reads bf16 and f16 in every form, aligned and not', async () => {
    for (const form of forms) {
      for (const type of types) {
        await check({ ...form, ...type, m: 4, n: 24, k: 40 }, { variant: 'subgroup' });
        await check({ ...form, ...type, m: 3, n: 23, k: 41, offset: 131, padding: 1 }, { variant: 'subgroup' });
      }
    }
  });

  test('takes alpha, beta, strides, offsets and batches, and leaves everything around C alone', async () => {
    for (const form of forms) for (const given of strides) await check({ ...form, ...given }, { variant: 'subgroup' });
  });
} else {
  console.log('skipped: the GEMM kernel for subgroups, this adapter has none of a fixed size');
}

test('the kernel for hardware adapters agrees with f64 in every form', async () => {
  for (const form of forms) await check({ ...form, ...strides[2]!, m: 69, n: 67, k: 300 }, { variant: 'tiled' });
  await check({ ...types[0], m: 68, n: 64, k: 32, batch: 2 }, { variant: 'tiled' });
  await check({ ...types[2], transposeB: true, m: 7, n: 9, k: 33, offset: 131, padding: 1 }, { variant: 'tiled' });
});

test('an operand over the binding limit is taken in windows without a change of bits', async () => {
  for (const form of forms) {
    for (const given of [
      { ...form, m: 40, n: 24, k: 1100, beta: 1 },
      { ...form, m: 300, n: 8, k: 64, batch: 3 },
      { ...form, m: 8, n: 300, k: 64 },
    ]) {
      const before = seed;
      const whole = await check(given);
      seed = before;
      assert.ok(sameBits(await check(given, { maxBindingBytes: 100_000 }), whole), JSON.stringify(given));
    }
  }
});

test('an element keeps its bits whatever the number of rows and columns around it', async () => {
  const [m, n, k] = [260, 64, 333];
  const a = gpu.upload(randomValues(m * k), 'A');
  const b = gpu.upload(randomValues(k * n), 'B');
  const c = gpu.allocate(m * n * 4, 'C');
  const product = { n, k, a: { buffer: a }, b: { buffer: b }, c: { buffer: c } };
  gemm(gpu, { ...product, m });
  const whole = new Float32Array(await gpu.read(c));
  for (const rows of [1, 3, 7, 30]) {
    gpu.clear(c);
    gemm(gpu, { ...product, m: rows });
    assert.ok(sameBits(new Float32Array(await gpu.read(c, 0, rows * n * 4)), whole.slice(0, rows * n)), `${rows} rows`);
  }
  gemm(gpu, { ...product, m, n: 3, b: { buffer: b, offset: 5, stride: n }, c: { buffer: c, stride: n } });
  const columns = new Float32Array(await gpu.read(c));
  for (let i = 0; i < m; i++) {
    assert.ok(sameBits(columns.slice(i * n, i * n + 3), whole.slice(i * n + 5, i * n + 8)), `row ${i}`);
  }
  gpu.release(a, b, c);
});

test('a batch stride of 0 uses one matrix for the whole batch', async () => {
  const b = gpu.upload(randomValues(12), 'B');
  const a = gpu.upload(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0), 'A');
  const c = gpu.allocate(4 * 16, 'C');
  gemm(gpu, {
    m: 1,
    n: 4,
    k: 3,
    batch: 4,
    a: { buffer: a, batchStride: 3 },
    b: { buffer: b },
    c: { buffer: c, batchStride: 4 },
  });
  const [rows, first] = [new Float32Array(await gpu.read(c)), new Float32Array(await gpu.read(b))];
  assert.equal(rows.slice(0, 12), first);
  assert.equal(
    rows.slice(12),
    first.slice(0, 4).map((x) => 2 * x),
  );
  gpu.release(a, b, c);
});

test('a NaN or an infinity in an operand makes what it enters non-finite', async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const values = new Float32Array(36).fill(1);
    values[7] = bad;
    const a = gpu.upload(values, 'A');
    const b = gpu.upload(new Float32Array(36).fill(1), 'B');
    const c = gpu.allocate(36 * 4, 'C');
    gemm(gpu, { m: 6, n: 6, k: 6, a: { buffer: a }, b: { buffer: b }, c: { buffer: c } });
    const finite = [...new Float32Array(await gpu.read(c))].map(Number.isFinite);
    assert.equal(
      finite,
      Array.from({ length: 36 }, (_, i) => Math.floor(i / 6) !== 1),
    );
    gpu.release(a, b, c);
  }
});

test('what cannot be computed is refused', () => {
  const x = { buffer: gpu.allocate(256, 'x') };
  const product = { m: 4, n: 4, k: 4, a: x, b: x, c: x };
  assert.throws(() => gemm(gpu, { ...product, k: 0 }), /k is 0/);
  assert.throws(() => gemm(gpu, { ...product, transposeA: true, transposeB: true }), /transposed/);
  assert.throws(() => gemm(gpu, { ...product, c: { ...x, type: 'BF16' } }), /f32/);
  gpu.release(x.buffer);
});

test.after(() => gpu.close());
test.run();
