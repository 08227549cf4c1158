import { DataError } from '../../../diagnostics/errors.js';
import { fromFloat32, toFloat32 } from '../../../formats/float-conversion.js';
import { PreciseSums } from '../../../linalg/precise-sums.js';
import { windowsOf } from '../../../linalg/tall-matrix.js';
import { type CombinedModel, hasTensor } from '../../../steps/recipes/combined.js';
import { finiteWindow, placeOf, TensorBytes, tallShape } from '../update-tensor.js';
import { type OpenTerm, openTerm } from './combined-terms.js';
import type { MakeTensor } from './kind.js';
import { modelTensor } from './projected.js';

/** That of `origin` plus all terms, summed near-exactly and rounded once. */
export const combinedTensor: MakeTensor<CombinedModel> = async (context, { terms, heldAs }, name) => {
  const origin = modelTensor(context, 'origin', name);
  const dtype = heldAs ?? (origin.dtype === 'F64' ? 'F32' : origin.dtype);
  const result = new TensorBytes(origin, dtype);
  const open: OpenTerm[] = [];
  try {
    for (const [index, term] of terms.entries()) {
      if (hasTensor(term, name)) open.push(await openTerm(term, index, { context, name, origin, heldAs }));
    }
    for (const { start, count } of windowsOf(tallShape(origin))) {
      const sums = new PreciseSums(await finiteWindow(context, origin, 'origin', start, count, heldAs));
      for (const term of open) await term.addTo(sums, start, count);
      const rounded = sums.rounded(dtype);
      const stored = dtype === 'F32' ? rounded : toFloat32(fromFloat32(rounded, dtype), dtype);
      const beyond = stored.findIndex((value) => !Number.isFinite(value));
      if (beyond >= 0) {
        const place = placeOf(origin, beyond, start);
        throw new DataError(`the sum of the terms is beyond the range of ${dtype.toLowerCase()} at ${place}`, {
          hint: 'A checkpoint of this type could not store it. Take smaller `times`, or start from a model of a wider type.',
        });
      }
      result.set(start, count, stored);
    }
  } finally {
    for (const term of open) term.release();
  }
  return { bytes: result.bytes, dtype, shape: origin.shape };
};
