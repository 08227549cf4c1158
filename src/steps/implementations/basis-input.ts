import { DataError } from '../../diagnostics/errors.js';
import { toFloat32 } from '../../formats/float-conversion.js';
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

/** An F64 vector of singular values, descending. */
export async function singularValues(context: StepContext, name: string): Promise<Float64Array> {
  return new Float64Array((await context.read(context.input(name))).slice().buffer);
}
