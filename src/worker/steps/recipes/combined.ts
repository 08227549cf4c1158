import { PreciseSums } from '../../../linalg/precise-sums.js';
import { windowsOf } from '../../../linalg/tall-matrix.js';
import { type CombinedModel, hasTensor } from '../../../steps/recipes/combined.js';
import { finiteWindow, TensorBytes, tallShape } from '../update-tensor.js';
import { type OpenTerm, openTerm } from './combined-terms.js';
import type { MakeTensor } from './kind.js';
import { modelTensor } from './projected.js';

/** That of `origin` plus all terms, summed near-exactly and rounded once. */
export const combinedTensor: MakeTensor<CombinedModel> = async (context, { terms, heldAs }, name) => {
  const origin = modelTensor(context, 'origin', name);
  const dtype = heldAs ?? (origin.dtype === 'F64' ? 'F32' : origin.dtype);
  const result = new TensorBytes(origin, dtype, 'the sum of the terms is');
  const open: OpenTerm[] = [];
  try {
    for (const [index, term] of terms.entries()) {
      if (hasTensor(term, name)) open.push(await openTerm(term, index, { context, name, origin, heldAs }));
    }
    for (const { start, count } of windowsOf(tallShape(origin))) {
      const sums = new PreciseSums(await finiteWindow(context, origin, 'origin', start, count, heldAs));
      for (const term of open) await term.addTo(sums, start, count);
      result.set(start, count, sums.rounded(dtype));
    }
  } finally {
    for (const term of open) term.release();
  }
  return { bytes: result.bytes, dtype, shape: origin.shape };
};
