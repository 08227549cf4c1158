import { DataError } from '../../diagnostics/errors.js';
import type { Artifacts } from '../../formats/artifact.js';
import { type FloatType, fromFloat32, isFloatType, toFloat32 } from '../../formats/float-conversion.js';
import { parseModelConfig } from '../../formats/model-config.js';
import { type DecoderConfig, decoderConfig } from '../../nn/config.js';
import type { StepContext } from '../step.js';

/** A tensor's bytes and what they are. */
export interface StoredWeights {
  readonly bytes: Uint8Array;
  readonly dtype: FloatType;
}

/** @throws DataError when the model has no config.json, or one of a model that runflow does not compute. */
export async function configOf(context: StepContext, model: Artifacts): Promise<DecoderConfig> {
  const artifact = model['file/config.json'];
  if (artifact === undefined) {
    throw new DataError('The model has no config.json', { hint: 'Use a complete Hugging Face folder.' });
  }
  return decoderConfig(parseModelConfig(await context.read(artifact), 'config.json'), 'config.json');
}

/** @throws DataError when the model lacks a tensor, or it is not of the shape that config.json asks for. */
export async function storedWeights(
  context: StepContext,
  model: Artifacts,
  name: string,
  shape: readonly number[],
): Promise<StoredWeights> {
  const artifact = model[`tensor/${name}`];
  const stored = artifact?.tensor;
  if (artifact === undefined || stored === undefined) {
    throw new DataError(`The model has no tensor ${name}`, { hint: 'Its config.json asks for it.' });
  }
  if (stored.shape.join() !== shape.join() || !isFloatType(stored.dtype)) {
    throw new DataError(
      `Tensor ${name} is ${stored.dtype} [${stored.shape.join(', ')}]; config.json asks for floats of [${shape.join(', ')}]`,
    );
  }
  return { bytes: await context.read(artifact), dtype: stored.dtype };
}

/** The bytes of the same numbers in another type, rounded to nearest even. */
export function weightsAs({ bytes, dtype }: StoredWeights, type: FloatType): Uint8Array {
  return dtype === type ? bytes : fromFloat32(toFloat32(bytes, dtype), type);
}
