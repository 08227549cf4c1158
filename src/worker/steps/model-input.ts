import { DataError } from '../../diagnostics/errors.js';
import { architectureTensors, isRotaryTable, isTiedCopy } from '../../formats/architecture.js';
import type { Artifacts } from '../../formats/artifact.js';
import { listNames } from '../../formats/file-access.js';
import { type FloatType, fromFloat32, isFloatType, toFloat32 } from '../../formats/float-conversion.js';
import { tensorNames } from '../../formats/model-artifacts.js';
import { parseModelConfig } from '../../formats/model-config.js';
import { bytesPerElement } from '../../formats/tensor.js';
import { fittingPrefixes, prefixesText } from '../../formats/tensor-names.js';
import { Turns } from '../../formats/turns.js';
import { type DecoderConfig, decoderConfig } from '../../nn/config.js';
import type { StepContext } from '../step-context.js';

/** A tensor's bytes and what they are. */
export interface StoredWeights {
  readonly bytes: Uint8Array;
  readonly dtype: FloatType;
}

/**
 * What config.json says of a model that is to be run or trained.
 * @throws DataError when it has none, or one of a model that runflow does not compute, or tensors that such a model does not
 * have: they would be left out of the computation.
 */
export async function configOf(context: StepContext, model: Artifacts): Promise<DecoderConfig> {
  const artifact = model['file/config.json'];
  if (artifact === undefined) {
    throw new DataError('The model has no config.json', { hint: 'Use a complete Hugging Face folder.' });
  }
  const config = decoderConfig(parseModelConfig(await context.read(artifact), 'config.json'), 'config.json');
  const known = architectureTensors(config);
  const strange = tensorNames(model).filter((name) => !known.has(name) && !isRotaryTable(name) && !isCopy(name));
  if (strange.length > 0) {
    const are = strange.length > 1 ? 'are tensors' : 'is a tensor';
    throw new DataError(`${listNames(strange, 4)} ${are} of the model that config.json does not ask for`, {
      hint:
        namesHint(model, known) ??
        'The model would compute without what is in the file. Compare config.json (layers, attention_bias, model_type) with the files.',
    });
  }
  return config;

  function isCopy(name: string): boolean {
    return isTiedCopy(name, config.tied, (other) => `tensor/${other}` in model);
  }
}

function namesHint(model: Artifacts, known: ReadonlyMap<string, unknown>): string | undefined {
  const prefixes = fittingPrefixes(tensorNames(model), new Set(known.keys()));
  return (
    prefixes &&
    `They have the names that it asks for under other beginnings. Say so beside the path or hub: ${prefixesText(prefixes)}`
  );
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

/** Numbers converted at a time. */
const partLength = 2 ** 22;

/** Weights rounded to a type. @throws DataError that names the tensor when it holds numbers beyond the type's range */
export async function heldAs(stored: StoredWeights, type: FloatType, name: string): Promise<StoredWeights> {
  const bytes = await weightsAs(stored, type);
  const turns = new Turns();
  const [from, to] = [bytesPerElement[stored.dtype], bytesPerElement[type]];
  for (let at = 0; at * to < bytes.length; at += partLength) {
    await turns.take();
    const values = toFloat32(stored.bytes.subarray(at * from, (at + partLength) * from), stored.dtype);
    const rounded = toFloat32(bytes.subarray(at * to, (at + partLength) * to), type);
    const beyond = rounded.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(values[i]));
    if (beyond < 0) continue;
    throw new DataError(
      `Tensor ${name} holds ${values[beyond]} at element ${at + beyond}, beyond the range of ${type}`,
      { hint: `The published code reads checkpoints as ${type} and fails on this one; take semantics: paper.` },
    );
  }
  return { bytes, dtype: type };
}

/** The bytes of the same numbers in another type, rounded to nearest even. */
export async function weightsAs({ bytes, dtype }: StoredWeights, type: FloatType): Promise<Uint8Array> {
  if (dtype === type) return bytes;
  const turns = new Turns();
  const [from, to] = [bytesPerElement[dtype], bytesPerElement[type]];
  const count = bytes.length / from;
  const converted = new Uint8Array(count * to);
  for (let at = 0; at < count; at += partLength) {
    await turns.take();
    const part = bytes.subarray(at * from, (at + partLength) * from);
    converted.set(fromFloat32(toFloat32(part, dtype), type), at * to);
  }
  return converted;
}
