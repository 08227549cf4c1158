import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import { fromFloat32, toFloat32 } from '../../../src/formats/float-conversion.js';
import { makeDifferenceBasis } from '../../../src/worker/steps/difference-basis.js';
import { gaussian } from '../../oracles/matrices.js';
import { columnsOf, type Dense, dense, multiply, transpose } from '../../oracles/one-sided-jacobi.js';
import { energy } from '../../oracles/projection.js';
import { MemoryContext } from './memory-context.js';

const objects = new Map<string, Uint8Array>();

function stored({ rows, columns, data }: Dense): Artifact {
  const bytes = fromFloat32(Float32Array.from(data), 'F32');
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  return { digest, bytes: bytes.length, tensor: { dtype: 'F32', shape: [rows, columns] } };
}

/** What f32 holds of a matrix, so that the oracle starts from the same numbers. */
function asF32(matrix: Dense): Dense {
  return dense(matrix.rows, matrix.columns, Float64Array.from(Float32Array.from(matrix.data)));
}

async function basisOf(pairs: readonly (readonly [Dense, Dense])[]): Promise<Dense> {
  const inputs = Object.fromEntries(
    pairs.flatMap(([a, b], index) => [
      [`a/${index}`, { a: stored(a) }],
      [`b/${index}`, { b: stored(b) }],
    ]),
  );
  const context = new MemoryContext({ directions: pairs.length }, inputs, objects);
  await makeDifferenceBasis(context);
  const { digest, tensor } = context.outputs.q!;
  assert.is(tensor!.dtype, 'F32');
  const [rows, columns] = tensor!.shape as [number, number];
  return dense(rows, columns, toFloat32(objects.get(digest)!, 'F32'));
}

/** Mean of the columns, by compensation-free pairwise sums in f64. */
function meanOf({ rows, columns, data }: Dense): number[] {
  const sum = (from: number, to: number, column: number): number =>
    to - from === 1 ? data[from * columns + column]! : sum(from, (from + to) >> 1, column) + sum((from + to) >> 1, to, column); // biome-ignore format: one line
  return Array.from({ length: columns }, (_, column) => sum(0, rows, column) / rows);
}

async function failure(pairs: readonly (readonly [Dense, Dense])[]): Promise<string> {
  try {
    await basisOf(pairs);
  } catch (error) {
    assert.instance(error, DataError);
    return (error as DataError).message;
  }
  throw new Error('it did not fail');
}

test('a direction is the unit vector from the mean of the second set to that of the first', async () => {
  for (const [rowsA, rowsB, hidden] of [
    [1, 1, 1],
    [300, 7, 33],
    [5, 400, 8],
  ] as const) {
    const [a, b] = [asF32(gaussian(rowsA, hidden, 'a')), asF32(gaussian(rowsB, hidden, 'b'))];
    const q = await basisOf([[a, b]]);
    const [meanA, meanB] = [meanOf(a), meanOf(b)];
    const difference = meanA.map((value, i) => value - meanB[i]!);
    const norm = Math.hypot(...difference);
    assert.equal([q.rows, q.columns], [hidden, 1]);
    difference.forEach((value, i) => {
      assert.ok(Math.abs(q.data[i]! - value / norm) <= 1e-7, `${rowsA}, ${rowsB}, ${hidden}: component ${i}`);
    });
  }
});

test('several directions are orthonormal, and the first k span the first k differences', async () => {
  const pairs = ['first', 'second', 'third'].map((name) => {
    // Differences that share most of their direction: what is hard to make orthogonal.
    const common = dense(9, 21, gaussian(9, 21, name).data.map((value, i) => 1e-3 * value + (i % 21))); // biome-ignore format: one line
    return [
      asF32(common),
      asF32(
        dense(
          4,
          21,
          gaussian(4, 21, `${name} b`).data.map((value) => 1e-3 * value),
        ),
      ),
    ] as const;
  });
  const q = await basisOf(pairs);
  const gram = multiply(transpose(q), q);
  gram.data.forEach((value, i) => {
    assert.ok(Math.abs(value - (i % 4 === 0 ? 1 : 0)) <= 3e-7, `Gram matrix, element ${i} is ${value}`);
  });
  for (const [index, [a, b]] of pairs.entries()) {
    const [meanA, meanB] = [meanOf(a), meanOf(b)];
    const r = dense(
      21,
      1,
      meanA.map((value, i) => value - meanB[i]!),
    );
    const inside = energy(multiply(transpose(columnsOf(q, index + 1)), r));
    assert.ok(Math.abs(inside / energy(r) - 1) <= 1e-6, `difference ${index}: ${inside / energy(r)} of it is inside`);
  }
});

test('a difference that is zero, or lies in the span of those before it, is refused by its number', async () => {
  const a = asF32(gaussian(6, 5, 'a'));
  const b = asF32(gaussian(6, 5, 'b'));
  assert.is(
    await failure([[a, a]]),
    'direction 0 (counted from 0): the two sets of prompts have the same mean hidden state',
  );
  // The same state for every prompt, as at layer 0, in sets of different sizes.
  const same = (rows: number) =>
    asF32(
      dense(
        rows,
        5,
        Array.from({ length: rows * 5 }, (_, i) => 0.1 + (i % 5) / 3),
      ),
    );
  assert.match(await failure([[a, b], [same(3), same(7)]]), /^direction 1 .* the same mean/); // biome-ignore format: one line
  assert.is(await failure([[a, b], [b, a]]), 'direction 1 (counted from 0) lies in the span of those before it'); // biome-ignore format: one line
  const infinite = dense(1, 5, [1, 2, Number.POSITIVE_INFINITY, 4, 5]);
  assert.is(await failure([[infinite, b]]), 'input "a/0" is not finite in component 2 (counted from 0)');
  assert.is(await failure([[a, asF32(gaussian(6, 4, 'c'))]]), 'the hidden states have 5 and 4 components');
});

test.run();
