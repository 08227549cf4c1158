import { type Architecture, allButEvery } from '../formats/architecture.js';
import type { Family } from '../formats/families/family.js';
import { families } from '../formats/families/registry.js';
import type { Json, JsonObject } from '../formats/json.js';
import { checkNotQuantised } from '../formats/quantisation.js';
import { ConfigFields } from './config-fields.js';
import { type Llama3RopeScaling, ropeOf } from './rope-config.js';

/** What a Hugging Face config.json says of a decoder that runflow computes. */
export interface DecoderConfig extends Architecture {
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly ropeScaling?: Llama3RopeScaling;
  /** Tokens that attention looks back, the token itself among them. Longer rows are not computed. Absent: all. */
  readonly slidingWindow?: number;
  /** Tokens that end a generation; empty when the file names none. */
  readonly endTokens: readonly number[];
}

/**
 * What would make another model of a decoder of any family, and the value that does not: fields of their relatives (Granite,
 * Cohere, Gemma, MiniCPM, Llama 4) and of other heads and attentions. null: any value would.
 */
const neutralValues: Readonly<Record<string, Json>> = {
  resid_pdrop: 0,
  embd_pdrop: 0,
  attention_dropout: 0,
  partial_rotary_factor: 1,
  use_sliding_window: false,
  use_mrope: false,
  logit_scale: 1,
  logits_scaling: 1,
  embedding_multiplier: 1,
  residual_multiplier: 1,
  attention_multiplier: null,
  final_logit_softcapping: null,
  attn_logit_softcapping: null,
  use_bidirectional_attention: false,
  scale_emb: 1,
  scale_depth: null,
  dim_model_base: null,
  attention_chunk_size: null,
  clip_qkv: null,
  use_qk_norm: false,
  qk_norm: false,
  qk_layernorm: false,
  rope_interleaved: false,
  attn_temperature_tuning: false,
  num_local_experts: null,
  num_experts: null,
  is_encoder_decoder: false,
  add_cross_attention: false,
  pruned_heads: {},
  auto_map: null,
};

/**
 * Reads config.json of a checkpoint of one of the families, with the fields and defaults of transformers. `file` names it in
 * errors. Whatever would change the result and is not computed here is refused by name, a family that is not there first.
 */
export function decoderConfig(json: JsonObject, file: string): DecoderConfig {
  const fields = new ConfigFields(json, file);
  const family = fields.family();
  const { causalModel, biasFields, activation, slidingWindow, unlessSaid, neutral } = families[family];
  fields.architectures(causalModel);
  fields.oneOf(activation.field, [activation.name], activation.name);
  checkNotQuantised(json, file);
  for (const [name, value] of Object.entries({ ...neutralValues, ...neutral })) fields.neutral(name, value);
  const hidden = fields.count('hidden_size');
  const heads = fields.count('num_attention_heads');
  // A number is for a file that leaves the field out; null means as many as heads in every family.
  const unsaidHeads = fields.isNull('num_key_value_heads') ? 'heads' : unlessSaid.keyValueHeads;
  const kvHeads = fields.count('num_key_value_heads', unsaidHeads === 'heads' ? heads : unsaidHeads);
  if (heads % kvHeads !== 0) fields.refuse('num_key_value_heads', kvHeads, `does not divide ${heads} attention heads`);
  const headDim = fields.count(
    'head_dim',
    unlessSaid.headDim === 'hidden / heads' ? hidden / heads : unlessSaid.headDim,
  );
  if (headDim % 2 !== 0) fields.refuse('head_dim', headDim, 'is odd; rotary embedding turns pairs');
  const biases = new Set(
    Object.entries(biasFields).flatMap(([field, choice]) => (fields.flag(field, false) ? [choice] : [])),
  );
  const layers = fields.count('num_hidden_layers');
  const local = localLayersOf(fields, layers, families[family].localLayers);
  const rope = ropeOf(fields, families[family]);
  const window = local?.includes(true) === false ? undefined : windowOf(fields, slidingWindow);
  const queryScalar = queryScalarOf(fields, unlessSaid.queryScalar);
  const rotaryLayers = chosenRotaryLayers(fields, layers, unlessSaid.noRopeLayerInterval);
  return {
    family,
    hidden,
    layers,
    heads,
    kvHeads,
    headDim,
    mlp: fields.count('intermediate_size'),
    vocabulary: fields.count('vocab_size'),
    tied: fields.flag('tie_word_embeddings', unlessSaid.tied),
    attentionBias: biases.has('attentionBias'),
    mlpBias: biases.has('mlpBias'),
    ropeTheta: rope.theta,
    ...(rotaryLayers === undefined ? {} : { rotaryLayers }),
    ...(local === undefined ? {} : { localLayers: local }),
    ...(rope.localTheta === undefined ? {} : { localRopeTheta: rope.localTheta }),
    ...(queryScalar === undefined ? {} : { queryScalar }),
    ...(rope.scaling === undefined ? {} : { ropeScaling: rope.scaling }),
    ...(window === undefined ? {} : { slidingWindow: window }),
    normEpsilon: fields.number('rms_norm_eps', unlessSaid.normEpsilon),
    contextLength: fields.count('max_position_embeddings', unlessSaid.contextLength),
    endTokens: fields.tokens('eos_token_id'),
  };
}

/** Whether each layer has a sliding window, by `layer_types` or `sliding_window_pattern`; undefined: the family knows none. */
function localLayersOf(
  fields: ConfigFields,
  layers: number,
  unsaid: Family['localLayers'],
): readonly boolean[] | undefined {
  const types = fields.list('layer_types');
  const known = unsaid === null ? ['full_attention'] : ['full_attention', 'sliding_attention'];
  if (types?.some((type) => !known.includes(type as string))) {
    fields.refuse('layer_types', types, `may hold only ${known.map((type) => `"${type}"`).join(' and ')}`);
  }
  if (unsaid === null) return undefined;
  if (types !== undefined && types.length !== layers) {
    fields.refuse('layer_types', types, `does not name the attention of each of ${layers} layers`);
  }
  const pattern = fields.has('sliding_window_pattern') ? 'sliding_window_pattern' : '_sliding_window_pattern';
  const named = types?.map((type) => type === 'sliding_attention');
  return named ?? allButEvery(layers, fields.count(pattern, unsaid.pattern));
}

/** `query_pre_attn_scalar`; undefined: the scores are divided by the root of head_dim. */
function queryScalarOf(fields: ConfigFields, unsaid: number | null): number | undefined {
  if (unsaid === null) fields.neutral('query_pre_attn_scalar', null);
  if (unsaid === null) return undefined;
  const scalar = fields.number('query_pre_attn_scalar', unsaid);
  return scalar > 0 ? scalar : fields.refuse('query_pre_attn_scalar', scalar, 'is not above 0');
}

/** Tokens of a row at most; undefined: any number. */
function windowOf(fields: ConfigFields, slidingWindow: Family['slidingWindow']): number | undefined {
  if (slidingWindow === 'refused') fields.neutral('sliding_window', null);
  if (typeof slidingWindow === 'string' || fields.isNull('sliding_window')) return undefined;
  const { unlessSaid } = slidingWindow;
  if (unlessSaid === null && !fields.has('sliding_window')) return undefined;
  return fields.count('sliding_window', unlessSaid ?? undefined);
}

/**
 * `no_rope_layers`, which holds a 1 for each layer that rotates and a 0 for each that does not, or what follows from
 * `no_rope_layer_interval`. undefined: all layers rotate, and the family knows no others.
 */
function chosenRotaryLayers(
  fields: ConfigFields,
  layers: number,
  unsaidInterval: number | null,
): readonly boolean[] | undefined {
  if (unsaidInterval === null) {
    fields.neutral('no_rope_layers', []);
    return undefined;
  }
  const list = fields.list('no_rope_layers');
  if (list === undefined) return allButEvery(layers, fields.count('no_rope_layer_interval', unsaidInterval));
  if (list.length < layers || !list.every((rotates) => rotates === 0 || rotates === 1)) {
    fields.refuse('no_rope_layers', list, `is not a list of 1 (rotates) or 0 for each of ${layers} layers`);
  }
  return list.slice(0, layers).map((rotates) => rotates === 1);
}
