import type { Json } from '../json.js';

/** Sides of a layer's tensors: hidden, mlp, heads·headDim (`queries`), kvHeads·headDim (`keys`). */
export type LayerSide = 'hidden' | 'mlp' | 'queries' | 'keys';

/** Fields of an architecture that decide whether some linear layers have a bias. */
export type BiasChoice = 'attentionBias' | 'mlpBias';

/** Weight [outputs, inputs] of a linear layer, and its bias [outputs] where it has one. */
export interface LinearTensors {
  /** In the layer, without `.weight` and `.bias`. */
  readonly name: string;
  readonly outputs: LayerSide;
  readonly inputs: LayerSide;
  readonly bias: 'always' | 'never' | BiasChoice;
}

export type RopeKind = 'default' | 'llama3';

/**
 * What a family of decoders is, as data: everything that differs between families is read from here. A further family is a
 * file beside this one and a line in the registry; a difference that none of today's families has becomes a field of this
 * type together with the code that computes it: norms of queries and keys (Qwen3, OLMo 2), their place before or behind a
 * branch (OLMo 2), layers without rotation (SmolLM3) and fused projections (Phi-3).
 */
export interface Family {
  /** The class of transformers that `architectures` in config.json names. */
  readonly causalModel: string;
  /** Gains [hidden] of the norms of a layer, before attention and before the MLP. */
  readonly norms: readonly string[];
  readonly linears: readonly LinearTensors[];
  /** Fields of config.json, and of `init`, that choose biases; a family without them has those that `linears` says. */
  readonly biasFields: Readonly<Record<string, BiasChoice>>;
  /** Kinds of rotary embedding that config.json may name. */
  readonly ropeKinds: readonly RopeKind[];
  /**
   * `sliding_window` in config.json: refused, ignored because another field says that it is not in use, or the most tokens of a
   * row: null is none, and a file that does not say means `unlessSaid`.
   */
  readonly slidingWindow: 'refused' | 'ignored' | { readonly unlessSaid: number };
  /** `num_key_value_heads` of a config.json that does not say: as many as heads, or a number. */
  readonly keyValueHeads: 'heads' | number;
  /** `max_position_embeddings` of a config.json that does not say, as in transformers. */
  readonly contextLength: number;
  /** Fields that a freshly written config.json has beside those of all families. */
  readonly written: Readonly<Record<string, Json>>;
}
