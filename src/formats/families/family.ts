import type { Json } from '../json.js';

/** Widths of what a layer's tensors take and give: hidden, mlp, heads·headDim (`queries`), kvHeads·headDim (`keys`). */
export type LayerSide = 'hidden' | 'mlp' | 'queries' | 'keys';

/** What a linear layer computes: the decoder looks for tensors by it, and knows no names. */
export type LinearRole = 'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down';

/** The vectors that a linear layer takes; layers of one decoder layer that take those of one name take the same. */
export type LinearInput = 'attentionInput' | 'attended' | 'mlpInput' | 'hiddenMlp';

/**
 * Which RMSNorm of a layer: of what attention and the MLP take, of queries and keys before the rotation, of what attention and
 * the MLP add to the residual stream. The decoder computes those that a family has, and no others.
 */
export type NormRole = 'attentionInput' | 'query' | 'key' | 'attentionOutput' | 'mlpInput' | 'mlpOutput';

/** Fields of an architecture that decide whether some linear layers have a bias. */
export type BiasChoice = 'attentionBias' | 'mlpBias';

/** Weight [outputs, inputs] of a linear layer, and its bias [outputs] where it has one. */
export interface LinearTensors {
  /** Name in the layer, without `.weight` and `.bias`. */
  readonly name: string;
  /** One, or those whose outputs stand one below the other in a fused tensor: query, key and value; gate and up. */
  readonly roles: readonly [LinearRole, ...LinearRole[]];
  readonly bias: 'always' | 'never' | BiasChoice;
}

/** Gain of an RMSNorm. */
export interface NormTensor {
  /** Name in the layer, without `.weight`. */
  readonly name: string;
  readonly role: NormRole;
  /** Numbers that are normalised together, each with a gain of its own: a whole side, or every head for itself. */
  readonly over: 'all' | 'head';
}

/** Gate of the MLP, by its name in config.json. */
export type Activation = 'silu' | 'gelu_pytorch_tanh';

export type RopeKind = 'default' | 'llama3';

/**
 * What a family of decoders is, as data: everything that differs between families is read from here. A further family is a
 * file beside this one and a line in the registry; a difference that none of today's families has becomes a field of this
 * type together with the code that computes it.
 */
export interface Family {
  /** The class of transformers that `architectures` in config.json names. */
  readonly causalModel: string;
  readonly norms: readonly NormTensor[];
  readonly linears: readonly LinearTensors[];
  /** Fields of config.json, and of `init`, that choose biases; a family without them has those that `linears` says. */
  readonly biasFields: Readonly<Record<string, BiasChoice>>;
  /** What is added to the stored gain of every norm. */
  readonly gainOffset: 0 | 1;
  /** The only gate of the MLP that is computed, and the field of config.json that names it. */
  readonly activation: { readonly field: 'hidden_act' | 'hidden_activation'; readonly name: Activation };
  /** Whether embeddings are multiplied by √hidden before the first layer. */
  readonly scalesEmbeddings: boolean;
  /**
   * Layers that see a sliding window and rotate with frequencies of their own: all but the last of every `pattern`, unless
   * `layer_types` says otherwise, with `rope_local_base_freq`, which is `ropeTheta` unless said. null: none.
   */
  readonly localLayers: null | { readonly pattern: number; readonly ropeTheta: number };
  /** Kinds of rotary embedding that config.json may name. */
  readonly ropeKinds: readonly RopeKind[];
  /**
   * `sliding_window` in config.json: refused, ignored because another field says that it is not in use, or the most tokens of a
   * row: null is none, and a file that does not say means `unlessSaid`.
   */
  readonly slidingWindow: 'refused' | 'ignored' | { readonly unlessSaid: number | null };
  /** What a config.json means that does not say, as in transformers. */
  readonly unlessSaid: {
    /** `num_key_value_heads`: as many as heads, or a number. */
    readonly keyValueHeads: 'heads' | number;
    /** `head_dim`: hidden / heads, or a number. */
    readonly headDim: 'hidden / heads' | number;
    /** `max_position_embeddings` */
    readonly contextLength: number;
    readonly ropeTheta: number;
    /**
     * `no_rope_layer_interval`: one layer of so many does not rotate queries and keys. null: every layer does, and config.json
     * cannot choose.
     */
    readonly noRopeLayerInterval: number | null;
    /** `query_pre_attn_scalar`, whose root divides the scores; null: that of head_dim does, and config.json cannot choose. */
    readonly queryScalar: number | null;
    /** `rms_norm_eps` */
    readonly normEpsilon: number;
    /** `tie_word_embeddings` */
    readonly tied: boolean;
  };
  /** Values of fields that change nothing in this family, and are refused of others. */
  readonly neutral: Readonly<Record<string, Json>>;
  /** Fields that a freshly written config.json has beside those of all families. */
  readonly written: Readonly<Record<string, Json>>;
}

/** What a norm is of, by its role. */
export const normSides: Readonly<Record<NormRole, LayerSide>> = {
  attentionInput: 'hidden',
  query: 'queries',
  key: 'keys',
  attentionOutput: 'hidden',
  mlpInput: 'hidden',
  mlpOutput: 'hidden',
};

/** Sides of a linear layer by what it computes. */
export const linearSides: Readonly<Record<LinearRole, { readonly outputs: LayerSide; readonly inputs: LayerSide }>> = {
  query: { outputs: 'queries', inputs: 'hidden' },
  key: { outputs: 'keys', inputs: 'hidden' },
  value: { outputs: 'keys', inputs: 'hidden' },
  output: { outputs: 'hidden', inputs: 'queries' },
  gate: { outputs: 'mlp', inputs: 'hidden' },
  up: { outputs: 'mlp', inputs: 'hidden' },
  down: { outputs: 'hidden', inputs: 'mlp' },
};

/** What a linear layer takes, by what it computes. */
export const linearInputs: Readonly<Record<LinearRole, LinearInput>> = {
  query: 'attentionInput',
  key: 'attentionInput',
  value: 'attentionInput',
  output: 'attended',
  gate: 'mlpInput',
  up: 'mlpInput',
  down: 'hiddenMlp',
};
