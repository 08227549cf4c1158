import { DataError } from '../diagnostics/errors.js';
import { isFloatType } from './float-conversion.js';
import type { JsonObject } from './json.js';
import type { TensorInfo } from './tensor.js';

/**
 * Last parts of the names that quantised formats give to packed weights and to what unpacks them: GPTQ and AWQ (qweight …),
 * FP8 and compressed-tensors (weight_scale …), bitsandbytes (SCB, absmax …).
 */
const partsOfQuantisedWeights: ReadonlySet<string> = new Set([
  ...['qweight', 'qzeros', 'scales', 'g_idx'],
  ...['weight_scale', 'weight_scale_inv', 'weight_scale_2', 'weight_zero_point', 'weight_packed', 'weight_shape'],
  ...['input_scale', 'k_scale', 'v_scale', 'weight_g_idx', 'weight_global_scale', 'input_global_scale'],
  ...['SCB', 'CB', 'weight_format', 'absmax', 'nested_absmax', 'quant_map', 'nested_quant_map'],
]);

const hint =
  'runflow computes with whole weights. Open the model in transformers, dequantise it (`model.dequantize()`), and save it with `save_pretrained`; or take the checkpoint that it was quantised from.';

/** @throws DataError when config.json says that the weights are quantised, or are to be when they are loaded. */
export function checkNotQuantised(config: JsonObject, file: string): void {
  for (const name of ['quantization_config', 'compression_config']) {
    const value = config[name];
    if (value === undefined || value === null) continue;
    const method =
      typeof value === 'object' && 'quant_method' in value ? ` (${JSON.stringify(value.quant_method)})` : '';
    throw new DataError(
      `${file}: ${name}${method} says that the weights are quantised, and runflow does not read such`,
      {
        hint: `${hint} If the weights are whole nevertheless, remove ${name} from config.json.`,
      },
    );
  }
}

/**
 * Tells quantised weights from whole ones by their names and types. Tables and masks of integers, which some models keep
 * beside their weights, may stay.
 * @throws DataError that names file and tensor
 */
export function checkWholeWeights(tensors: Iterable<TensorInfo & { readonly file: string }>): void {
  for (const { name, dtype, shape, file } of tensors) {
    const parts = name.split('.');
    const last = parts.at(-1)!;
    const what = `${file}: tensor ${name}, ${dtype} [${shape.join(', ')}],`;
    if (partsOfQuantisedWeights.has(last) || parts.includes('quant_state')) {
      throw new DataError(`${what} belongs to a quantised weight, and runflow does not read such`, { hint });
    }
    const isWeight = last === 'weight' || (last === 'bias' && shape.length === 1);
    if (!isFloatType(dtype) && (isWeight || dtype.startsWith('F8'))) {
      throw new DataError(`${what} is quantised: weights of F64, F32, F16 and BF16 are read`, { hint });
    }
  }
}
