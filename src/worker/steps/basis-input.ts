import { DataError } from '../../diagnostics/errors.js';
import { toFloat32 } from '../../formats/float-conversion.js';
import { Turns } from '../../formats/turns.js';
import { numericalRank } from '../../linalg/numerical-rank.js';
import { permutation } from '../../linalg/permutation.js';
import type { TransposedBasis } from '../../linalg/subspace-energy.js';
import type { StepContext } from '../step-context.js';
import { matrixInput } from './update-tensor.js';

const blockRows = 32;

/**
 * An F32 basis [d, r] of an input, read transposed by ranges of d.
 * @param order the basis vectors in the order wanted. Default: as stored.
 * @param rank stored vectors from here on only complete the basis and are read as zero.
 * @throws DataError when it has not d rows.
 */
function basisInput(
  context: StepContext,
  name: string,
  d: number,
  order?: Uint32Array,
  rank = Number.POSITIVE_INFINITY,
): TransposedBasis {
  const { artifact, dtype, rows, columns } = matrixInput(context, name);
  if (rows !== d)
    throw new DataError(`input "${name}" is a basis of ${rows} dimensions, the update has ${d} on that side`);
  const turns = new Turns(context.signal);
  return {
    vectors: columns,
    window: async (start, count) => {
      const stored = toFloat32(await context.read(artifact, start * columns * 4, count * columns * 4), dtype);
      const transposed = new Float32Array(count * columns);
      // A block of rows stays in the cache while it is transposed.
      for (let first = 0; first < count; first += blockRows) {
        await turns.take();
        const last = Math.min(count, first + blockRows);
        for (let j = 0; j < columns; j++) {
          const from = order === undefined ? j : order[j]!;
          if (from >= rank) continue;
          for (let i = first; i < last; i++) transposed[j * count + i] = stored[i * columns + from]!;
        }
      }
      return transposed;
    },
  };
}

/**
 * The basis of a subspace. Vectors whose singular value is noise (`numericalRank`) span nothing of the update and are zero
 * here; all of them are when the update is, unless `zeroAsUnits` keeps the unit vectors that are stored then.
 * @param s the input with the singular values; a random basis comes without
 */
export async function subspaceBasis(
  context: StepContext,
  name: string,
  s: string,
  d: number,
  permute: { readonly seed: number; readonly stream: string } | undefined,
  zeroAsUnits = false,
): Promise<TransposedBasis> {
  const { columns: vectors } = matrixInput(context, name);
  const rank = context.has(s) ? numericalRank(await singularValues(context, s)) : vectors;
  const kept = rank === 0 && zeroAsUnits ? vectors : rank;
  return basisInput(context, name, d, permute && permutation(vectors, permute), kept);
}

/** An F64 vector of singular values, descending. */
export async function singularValues(context: StepContext, name: string): Promise<Float64Array> {
  return new Float64Array((await context.read(context.input(name))).slice().buffer);
}
