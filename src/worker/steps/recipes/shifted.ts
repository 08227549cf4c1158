import { DataError } from '../../../diagnostics/errors.js';
import type { ShiftedModel } from '../../../steps/recipes/shifted.js';
import type { ChangeStream } from './kind.js';

/** times · r, rounded once, at the layer that r is of. */
export const shiftedStream: ChangeStream<ShiftedModel> = async (context, { layer, times }, hidden) => {
  const artifact = context.input('vector');
  const { tensor } = artifact;
  if (tensor?.dtype !== 'F64' || tensor.shape.length !== 1 || tensor.shape[0] !== hidden) {
    const found = tensor === undefined ? 'no tensor' : `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    throw new DataError(`input "vector" is ${found}, and the residual stream takes F64 [${hidden}]`);
  }
  const r = new Float64Array((await context.read(artifact)).slice().buffer);
  const vector = Float32Array.from(r, (value) => times * value);
  const infinite = vector.findIndex((value) => !Number.isFinite(value));
  if (infinite < 0) return { plus: { layer, vector } };
  const component = `component ${infinite} (counted from 0)`;
  if (!Number.isFinite(r[infinite]!)) throw new DataError(`input "vector" is not finite in ${component}`);
  throw new DataError(`${times} times the direction is beyond F32 in ${component}`, {
    hint: 'Take a smaller `times`.',
  });
};
