import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { fromFloat32 } from '../../../src/formats/float-conversion.js';
import { makeDifferenceBasis } from '../../../src/worker/steps/difference-basis.js';
import { makeDifferenceVector } from '../../../src/worker/steps/difference-vector.js';
import { gaussian } from '../../oracles/matrices.js';
import { MemoryContext } from './memory-context.js';

const objects = new Map<string, Uint8Array>();

function stored(rows: number, columns: number, values: Float32Array): Artifact {
  const bytes = fromFloat32(values, 'F32');
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  return { digest, bytes: bytes.length, tensor: { dtype: 'F32', shape: [rows, columns] } };
}

async function vectorOf(a: Artifact, b: Artifact): Promise<Float64Array> {
  const context = new MemoryContext({}, { a: { a }, b: { b } }, objects);
  await makeDifferenceVector(context);
  const { digest, tensor } = context.outputs.r!;
  assert.is(tensor!.dtype, 'F64');
  const r = new Float64Array(objects.get(digest)!.slice().buffer);
  assert.equal(tensor!.shape, [r.length]);
  return r;
}

test('it is the mean of the first set minus that of the second, as long as it is, and along the basis', async () => {
  for (const [rowsA, rowsB, hidden] of [
    [1, 1, 1],
    [300, 7, 33],
    [5, 400, 8],
  ] as const) {
    const [a, b] = [rowsA, rowsB].map((rows, set) => Float32Array.from(gaussian(rows, hidden, `${set}`).data, (value) => 5 * value + 1 - set)) as [Float32Array, Float32Array]; // biome-ignore format: one line
    const [first, second] = [stored(rowsA, hidden, a), stored(rowsB, hidden, b)];
    const r = await vectorOf(first, second);
    const context = new MemoryContext({ directions: 1 }, { 'a/0': { a: first }, 'b/0': { b: second } }, objects);
    await makeDifferenceBasis(context);
    const q = new Float32Array(objects.get(context.outputs.q!.digest)!.slice().buffer);
    const length = Math.hypot(...r);
    for (let i = 0; i < hidden; i++) {
      // From the last row to the first: another order of the same f64 sum.
      const mean = (values: Float32Array, rows: number) => Array.from({ length: rows }, (_, row) => values[(rows - 1 - row) * hidden + i]!).reduce((sum, value) => sum + value, 0) / rows; // biome-ignore format: one line
      assert.ok(Math.abs(r[i]! - (mean(a, rowsA) - mean(b, rowsB))) <= 1e-13, `component ${i}`);
      assert.ok(Math.abs(q[i]! - r[i]! / length) <= 1e-7, `component ${i} of the basis`);
    }
  }
});

test('no difference, lengths that differ, and states that are not finite are refused', async () => {
  const failure = async (a: Artifact, b: Artifact) => {
    try {
      await vectorOf(a, b);
    } catch (error) {
      assert.instance(error, DataError);
      return (error as DataError).message;
    }
    throw new Error('it did not fail');
  };
  const a = stored(1, 3, Float32Array.of(1, 2, 3));
  const twice = stored(2, 3, Float32Array.of(1, 2, 3, 1, 2, 3));
  assert.is(await failure(a, twice), 'the two sets of prompts have the same mean hidden state');
  assert.is(await failure(a, stored(1, 2, Float32Array.of(1, 2))), 'the hidden states have 3 and 2 components');
  const infinite = stored(1, 3, Float32Array.of(1, Number.POSITIVE_INFINITY, 3));
  assert.is(await failure(infinite, a), 'input "a" is not finite in component 1 (counted from 0)');
});

test.run();
