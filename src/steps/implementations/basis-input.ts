import { DataError } from '../../diagnostics/errors.js';
import { toFloat32 } from '../../formats/float-conversion.js';
import { permutation } from '../../linalg/permutation.js';
import type { TransposedBasis } from '../../linalg/subspace-energy.js';
import type { StepContext } from '../step.js';
import { matrixInput } from './update-tensor.js';

/**
 * An F32 basis [d, r] of an input, read transposed by ranges of d.
 * @param order the basis vectors in the order wanted; as stored unless told.
 * @throws DataError when it has not d rows.
 */
export function basisInput(context: StepContext, name: string, d: number, order?: Uint32Array): TransposedBasis {
  const { artifact, dtype, rows, columns } = matrixInput(context, name);
  if (rows !== d)
    throw new DataError(`input "${name}" is a basis of ${rows} dimensions, the update has ${d} on that side`);
  return {
    vectors: columns,
    window: async (start, count) => {
      const stored = toFloat32(await context.read(artifact, start * columns * 4, count * columns * 4), dtype);
      const transposed = new Float32Array(count * columns);
      for (let j = 0; j < columns; j++) {
        const from = order === undefined ? j : order[j]!;
        for (let i = 0; i < count; i++) transposed[j * count + i] = stored[i * columns + from]!;
      }
      return transposed;
    },
  };
}

/**
 * The basis of a subspace: `basisInput`, or, when all singular values that it comes with are zero, that of {0}: the singular
 * vectors of a zero update are arbitrary, and it has no subspace.
 * @param s the input with the singular values; a random basis comes without
 */
export async function subspaceBasis(
  context: StepContext,
  name: string,
  s: string,
  d: number,
  permute: { readonly seed: number; readonly stream: string } | undefined,
): Promise<TransposedBasis> {
  const { columns: vectors } = matrixInput(context, name);
  const stored = basisInput(context, name, d, permute && permutation(vectors, permute));
  const isZero = context.has(s) && (await singularValues(context, s)).every((value) => value === 0);
  return isZero ? { vectors, window: async (_, count) => new Float32Array(vectors * count) } : stored;
}

/** An F64 vector of singular values, descending. */
export async function singularValues(context: StepContext, name: string): Promise<Float64Array> {
  return new Float64Array((await context.read(context.input(name))).slice().buffer);
}
