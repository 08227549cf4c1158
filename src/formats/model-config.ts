import { DataError } from '../diagnostics/errors.js';
import type { Architecture } from './architecture.js';
import { families, familyOf } from './families/registry.js';
import { describeSignature } from './file-signature.js';
import type { JsonObject } from './json.js';
import { JsonSyntaxError, parseStrictJson, type StrictJson, type StrictJsonObject } from './strict-json.js';

/** Real configurations have a few kilobytes; quantised ones with per-layer tables more. */
export const maximumConfigBytes = 4 << 20;

const dtypeNames: Readonly<Record<'F32' | 'F16' | 'BF16', string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/** Default of the standard deviation of freshly made weights: transformers' `initializer_range`. */
export const defaultInitializerRange = 0.02;

/** A config.json that transformers opens as a causal language model of this architecture. */
export function modelConfig(
  architecture: Architecture,
  dtype: keyof typeof dtypeNames,
  initializerRange = defaultInitializerRange,
): JsonObject {
  const { causalModel, biasFields, activation, localLayers, unlessSaid, written } = families[architecture.family];
  const rotates = Array.from({ length: architecture.layers }, (_, layer) => architecture.rotaryLayers?.[layer] ?? true);
  return {
    architectures: [causalModel],
    model_type: architecture.family,
    vocab_size: architecture.vocabulary,
    hidden_size: architecture.hidden,
    intermediate_size: architecture.mlp,
    num_hidden_layers: architecture.layers,
    num_attention_heads: architecture.heads,
    num_key_value_heads: architecture.kvHeads,
    head_dim: architecture.headDim,
    [activation.field]: activation.name,
    max_position_embeddings: architecture.contextLength,
    ...(localLayers !== null && {
      layer_types: rotates.map((_, layer) =>
        architecture.localLayers?.[layer] ? 'sliding_attention' : 'full_attention',
      ),
      // As long as the context: no row is longer.
      sliding_window: architecture.contextLength,
      rope_local_base_freq: architecture.localRopeTheta ?? localLayers.ropeTheta,
    }),
    ...(unlessSaid.queryScalar !== null && {
      query_pre_attn_scalar: architecture.queryScalar ?? architecture.headDim,
    }),
    rms_norm_eps: architecture.normEpsilon,
    rope_theta: architecture.ropeTheta,
    rope_scaling: null,
    ...(unlessSaid.noRopeLayerInterval !== null && { no_rope_layers: rotates.map(Number) }),
    tie_word_embeddings: architecture.tied,
    initializer_range: initializerRange,
    attention_dropout: 0,
    ...Object.fromEntries(Object.entries(biasFields).map(([field, choice]) => [field, architecture[choice] ?? false])),
    ...written,
    bos_token_id: null,
    eos_token_id: null,
    pad_token_id: null,
    use_cache: true,
    torch_dtype: dtypeNames[dtype],
  };
}

/** Parses a JSON object of a model folder strictly. Throws a DataError that names `file` and says what it is instead. */
export function parseStrictObject(bytes: Uint8Array, file: string): StrictJsonObject {
  let value: StrictJson;
  try {
    value = parseStrictJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { depth: 32 });
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError || cause instanceof TypeError)) throw cause;
    const signature = bytes.length === 0 ? { what: 'an empty file' } : describeSignature(bytes);
    throw new DataError(`${file}: not valid JSON: ${signature ? `it looks like ${signature.what}` : cause.message}`, {
      cause,
      ...(signature?.hint && { hint: signature.hint }),
    });
  }
  if (!(value instanceof Map)) throw new DataError(`${file}: not a JSON object`);
  return value as StrictJsonObject;
}

/** config.json as plain JSON, checked as strictly. */
export function parseModelConfig(bytes: Uint8Array, file: string): JsonObject {
  parseStrictObject(bytes, file);
  return JSON.parse(new TextDecoder().decode(bytes)) as JsonObject;
}

/** config.json, which says that the weights are of this type, in the newer or the older way as before. */
export function withWeightType(config: JsonObject, type: keyof typeof dtypeNames): JsonObject {
  const name = 'dtype' in config ? 'dtype' : 'torch_dtype';
  return { ...config, [name]: dtypeNames[type] };
}

/**
 * `tie_word_embeddings`: the output layer is the embedding; a stored lm_head.weight is then a copy of it. Where the file does
 * not say, its family decides, as in transformers; of a family that is not known, they are not tied.
 * @throws DataError when it is neither true nor false
 */
export function hasTiedEmbeddings(config: JsonObject, file: string): boolean {
  const tied = config.tie_word_embeddings ?? familyOf(config.model_type)?.unlessSaid.tied ?? false;
  if (typeof tied === 'boolean') return tied;
  throw new DataError(`${file}: tie_word_embeddings = ${JSON.stringify(tied)} is neither true nor false`);
}
