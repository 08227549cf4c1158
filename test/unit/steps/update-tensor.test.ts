import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../src/formats/digest.js';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import { matrixInput, updateMatrix, weightsMatrix } from '../../../src/worker/steps/update-tensor.js';
import { MemoryContext } from './memory-context.js';

type FloatDType = 'F32' | 'F16' | 'BF16' | 'F64';

function contextOf(tensors: Record<string, { values: Float64Array; dtype: FloatDType; shape: readonly number[] }>) {
  const objects = new Map<string, Uint8Array>();
  const inputs = Object.fromEntries(
    Object.entries(tensors).map(([name, { values, dtype, shape }]) => {
      const bytes = dtype === 'F64' ? new Uint8Array(values.buffer) : fromFloat32(Float32Array.from(values), dtype);
      const digest = digestOf(bytes);
      objects.set(digest, bytes);
      return [name, { [name]: { digest, bytes: bytes.length, tensor: { dtype, shape } } }];
    }),
  );
  return new MemoryContext({}, inputs, objects);
}

test('windows of a wide tensor are those of its transpose, of a tall one its rows, whatever the storage type', async () => {
  for (const dtype of ['F32', 'F16', 'BF16', 'F64'] as const) {
    for (const shape of [[40, 7], [7, 40], [5, 2, 9], [23]] as const) {
      const count = shape.reduce((a: number, b: number) => a * b, 1);
      const values = Float64Array.from({ length: count }, (_, i) => (i % 200) - 100);
      const context = contextOf({ x: { values, dtype, shape } });
      const tensor = matrixInput(context, 'x');
      const [m, n] = [shape[0]!, count / shape[0]!];
      const matrix = weightsMatrix(context, tensor, undefined);
      assert.equal([matrix.rows, matrix.columns], [Math.max(m, n), Math.min(m, n)]);
      for (const [start, rows] of [
        [0, matrix.rows],
        [1, 3],
        [2, 1],
      ] as const) {
        const window = await matrix.window(start, rows);
        const wanted = Array.from({ length: rows * matrix.columns }, (_, at) => {
          const [i, j] = [start + Math.floor(at / matrix.columns), at % matrix.columns];
          return values[n > m ? j * n + i : i * n + j]!;
        });
        assert.equal([...window], wanted, `${dtype} ${shape}`);
      }
    }
  }
});

test('F64 tensors are subtracted before they are rounded; reading as F16 rounds both ends first', async () => {
  const from = Float64Array.of(1, 2);
  const to = Float64Array.of(1 + 1e-12, 2.0001);
  const context = contextOf({
    from: { values: from, dtype: 'F64', shape: [2, 1] },
    to: { values: to, dtype: 'F64', shape: [2, 1] },
  });
  const ends = { from: matrixInput(context, 'from'), to: matrixInput(context, 'to') };
  const exact = await updateMatrix(context, ends, undefined).window(0, 2);
  assert.equal([...exact], [Math.fround(to[0]! - 1), Math.fround(to[1]! - 2)]);
  assert.equal([...(await updateMatrix(context, ends, 'F16').window(0, 2))], [0, 0]);
});

test.run();
