import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../../src/formats/json.js';
import { decoderConfig } from '../../../src/nn/config.js';

/** Mistral 7B v0.1, as published. */
const mistral7b: JsonObject = {
  architectures: ['MistralForCausalLM'],
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 32768,
  model_type: 'mistral',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  sliding_window: 4096,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  use_cache: true,
  vocab_size: 32000,
};

test('reads Mistral: a sliding window, none where it is null, and the defaults of transformers where nothing is said', () => {
  assert.equal(decoderConfig(mistral7b, 'config.json'), {
    family: 'mistral',
    hidden: 4096,
    layers: 32,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    mlp: 14336,
    vocabulary: 32000,
    tied: false,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 10000,
    slidingWindow: 4096,
    normEpsilon: 1e-5,
    contextLength: 32768,
    endTokens: [2],
  });
  assert.is('slidingWindow' in decoderConfig({ ...mistral7b, sliding_window: null }, 'config.json'), false);
  const { sliding_window: _, num_key_value_heads: __, ...unsaid } = mistral7b;
  const { slidingWindow, kvHeads } = decoderConfig(unsaid, 'config.json');
  assert.equal([slidingWindow, kvHeads], [4096, 8]);
  assert.throws(() => decoderConfig({ ...mistral7b, sliding_window: 0 }, 'config.json'), /sliding_window = 0 is not/);
});

/** Qwen3 1.7B, as published. */
const qwen3: JsonObject = {
  architectures: ['Qwen3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151645,
  head_dim: 128,
  hidden_act: 'silu',
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 6144,
  max_position_embeddings: 40960,
  max_window_layers: 28,
  model_type: 'qwen3',
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151936,
};

test('reads Qwen3: heads of 128 numbers whatever the hidden size, biases where the file asks for them', () => {
  assert.equal(decoderConfig(qwen3, 'config.json'), {
    family: 'qwen3',
    hidden: 2048,
    layers: 28,
    heads: 16,
    kvHeads: 8,
    headDim: 128,
    mlp: 6144,
    vocabulary: 151936,
    tied: true,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 1e6,
    normEpsilon: 1e-6,
    contextLength: 40960,
    endTokens: [151645],
  });
  const { head_dim: _, num_key_value_heads: __, ...unsaid } = qwen3;
  const { headDim, kvHeads } = decoderConfig({ ...unsaid, num_attention_heads: 32 }, 'config.json');
  assert.equal([headDim, kvHeads], [128, 32]);
  assert.is(decoderConfig({ ...qwen3, num_key_value_heads: null }, 'config.json').kvHeads, 16);
  assert.is(decoderConfig({ ...qwen3, attention_bias: true }, 'config.json').attentionBias, true);
  assert.throws(() => decoderConfig({ ...qwen3, use_sliding_window: true }, 'x'), /use_sliding_window = true/);
});

/** OLMo 2 7B, as published. */
const olmo27b: JsonObject = {
  architectures: ['Olmo2ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  eos_token_id: 100257,
  hidden_act: 'silu',
  hidden_size: 4096,
  initializer_range: 0.02,
  intermediate_size: 11008,
  model_type: 'olmo2',
  max_position_embeddings: 4096,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  pad_token_id: 100277,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 500000,
  tie_word_embeddings: false,
  torch_dtype: 'float32',
  use_cache: true,
  vocab_size: 100352,
};

test('reads OLMo 2, with the defaults of transformers where nothing is said', () => {
  assert.equal(decoderConfig(olmo27b, 'config.json'), {
    family: 'olmo2',
    hidden: 4096,
    layers: 32,
    heads: 32,
    kvHeads: 32,
    headDim: 128,
    mlp: 11008,
    vocabulary: 100352,
    tied: false,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 500000,
    normEpsilon: 1e-6,
    contextLength: 4096,
    endTokens: [100257],
  });
  const { rms_norm_eps: _, rope_theta: __, max_position_embeddings: ___, ...unsaid } = olmo27b;
  const { normEpsilon, ropeTheta, contextLength } = decoderConfig(unsaid, 'config.json');
  assert.equal([normEpsilon, ropeTheta, contextLength], [1e-5, 10000, 2048]);
  assert.throws(() => decoderConfig({ ...olmo27b, clip_qkv: 8 }, 'x'), /clip_qkv = 8 is not computed/);
});

/** SmolLM3 3B, as published, without the list of its 36 layers. */
const smollm33b: JsonObject = {
  architectures: ['SmolLM3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  eos_token_id: 128012,
  hidden_act: 'silu',
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 11008,
  mlp_bias: false,
  max_position_embeddings: 65536,
  max_window_layers: 28,
  model_type: 'smollm3',
  no_rope_layer_interval: 4,
  num_attention_heads: 16,
  num_hidden_layers: 36,
  num_key_value_heads: 4,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 5000000.0,
  sliding_window: null,
  torch_dtype: 'bfloat16',
  use_cache: false,
  vocab_size: 128256,
  layer_types: Array(36).fill('full_attention'),
  pretraining_tp: 2,
  use_sliding_window: false,
};

test('reads SmolLM3: layers without rotation by the list, else by the interval, else every fourth', () => {
  const everyFourth = Array.from({ length: 36 }, (_, layer) => layer % 4 !== 3);
  assert.equal(decoderConfig(smollm33b, 'config.json'), {
    family: 'smollm3',
    hidden: 2048,
    layers: 36,
    heads: 16,
    kvHeads: 4,
    headDim: 128,
    mlp: 11008,
    vocabulary: 128256,
    tied: true,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 5e6,
    rotaryLayers: everyFourth,
    normEpsilon: 1e-6,
    contextLength: 65536,
    endTokens: [128012],
  });
  const layersOf = (more: JsonObject) =>
    decoderConfig({ ...smollm33b, num_hidden_layers: 5, layer_types: null, ...more }, 'config.json').rotaryLayers;
  assert.equal(layersOf({ no_rope_layers: [0, 1, 1, 0, 1, 0, 0] }), [false, true, true, false, true]);
  assert.equal(layersOf({ no_rope_layers: null, no_rope_layer_interval: 2 }), [true, false, true, false, true]);
  assert.equal(layersOf({ no_rope_layer_interval: null }), [true, true, true, false, true]);
  assert.equal(layersOf({ no_rope_layer_interval: 1 }), Array(5).fill(false));
  for (const no_rope_layers of [[], [1, 1, 1, 0], [1, 1, 2, 1, 1], [true, true, true, true, true], 4]) {
    assert.throws(() => layersOf({ no_rope_layers }), /no_rope_layers = .* is not a list/);
  }
  assert.throws(() => layersOf({ no_rope_layer_interval: 0 }), /no_rope_layer_interval = 0 is not a whole number/);
  assert.throws(
    () => decoderConfig({ ...mistral7b, no_rope_layers: [1, 1] }, 'x'),
    /no_rope_layers = \[1,1\] is not computed/,
  );
  const { rope_theta: _, num_key_value_heads: __, ...unsaid } = smollm33b;
  const { ropeTheta, kvHeads } = decoderConfig(unsaid, 'config.json');
  assert.equal([ropeTheta, kvHeads], [2e6, 4]);
});

/** Phi-3 mini with a context of 4096 tokens, as published. */
const phi3Mini: JsonObject = {
  _name_or_path: 'Phi-3-mini-4k-instruct',
  architectures: ['Phi3ForCausalLM'],
  attention_dropout: 0.0,
  auto_map: { AutoConfig: 'configuration_phi3.Phi3Config', AutoModelForCausalLM: 'modeling_phi3.Phi3ForCausalLM' },
  bos_token_id: 1,
  embd_pdrop: 0.0,
  eos_token_id: 32000,
  hidden_act: 'silu',
  hidden_size: 3072,
  pad_token_id: 32000,
  initializer_range: 0.02,
  intermediate_size: 8192,
  max_position_embeddings: 4096,
  model_type: 'phi3',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  original_max_position_embeddings: 4096,
  resid_pdrop: 0.0,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 10000.0,
  sliding_window: 2047,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  use_cache: true,
  attention_bias: false,
  vocab_size: 32064,
};

test('reads Phi-3: its window, its own code that transformers has, and the defaults of transformers', () => {
  const expected = {
    family: 'phi3',
    hidden: 3072,
    layers: 32,
    heads: 32,
    kvHeads: 32,
    headDim: 96,
    mlp: 8192,
    vocabulary: 32064,
    tied: false,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 10000,
    slidingWindow: 2047,
    normEpsilon: 1e-5,
    contextLength: 4096,
    endTokens: [32000],
  };
  assert.equal(decoderConfig(phi3Mini, 'config.json'), expected);
  const { sliding_window: _, rms_norm_eps: __, max_position_embeddings: ___, ...unsaid } = phi3Mini;
  const { slidingWindow: ____, ...unbounded } = expected;
  assert.equal(decoderConfig(unsaid, 'config.json'), unbounded);
  assert.equal(decoderConfig({ ...phi3Mini, sliding_window: null }, 'config.json'), unbounded);
});

test('refuses of Phi-3 by name what it does not compute: longer contexts, partly rotated heads, dropout, other code', () => {
  const factors = { short_factor: Array(48).fill(1), long_factor: Array(48).fill(1) };
  for (const [change, message] of [
    [{ rope_scaling: { type: 'longrope', ...factors } }, /rope_scaling\.type = "longrope" is not computed; "default"/],
    [{ rope_scaling: { type: 'su', ...factors } }, /rope_scaling\.type = "su"/],
    [
      { rope_parameters: { rope_type: 'longrope', rope_theta: 1e4, ...factors } },
      /rope_parameters\.rope_type = "longrope"/,
    ],
    [{ rope_scaling: { rope_type: 'llama3', factor: 8 } }, /rope_scaling\.rope_type = "llama3"/],
    [{ partial_rotary_factor: 0.75 }, /partial_rotary_factor = 0\.75/],
    [{ resid_pdrop: 0.1 }, /resid_pdrop = 0\.1/],
    [{ embd_pdrop: 0.1 }, /embd_pdrop = 0\.1/],
    [{ auto_map: { AutoModelForCausalLM: 'own.Model' } }, /auto_map/],
    [{ sliding_window: 0 }, /sliding_window = 0 is not/],
  ] as const) {
    assert.throws(() => decoderConfig({ ...phi3Mini, ...change }, 'config.json'), message);
  }
});

/** Gemma 3 1B, as published. */
const gemma31b: JsonObject = {
  architectures: ['Gemma3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 2,
  attn_logit_softcapping: null,
  cache_implementation: 'hybrid',
  eos_token_id: [1, 106],
  head_dim: 256,
  final_logit_softcapping: null,
  hidden_activation: 'gelu_pytorch_tanh',
  hidden_size: 1152,
  pad_token_id: 0,
  initializer_range: 0.02,
  intermediate_size: 6912,
  max_position_embeddings: 32768,
  model_type: 'gemma3_text',
  num_attention_heads: 4,
  num_hidden_layers: 26,
  num_key_value_heads: 1,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_local_base_freq: 10000,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: 512,
  sliding_window_pattern: 6,
  torch_dtype: 'bfloat16',
  use_cache: true,
  vocab_size: 262144,
};

test('reads Gemma 3: local layers by their types or the pattern, two rotations, the divisor of scores', () => {
  const expected = {
    family: 'gemma3_text',
    hidden: 1152,
    layers: 26,
    heads: 4,
    kvHeads: 1,
    headDim: 256,
    mlp: 6912,
    vocabulary: 262144,
    tied: true,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 1e6,
    localRopeTheta: 1e4,
    localLayers: Array.from({ length: 26 }, (_, layer) => layer % 6 !== 5),
    queryScalar: 256,
    slidingWindow: 512,
    normEpsilon: 1e-6,
    contextLength: 32768,
    endTokens: [1, 106],
  };
  assert.equal(decoderConfig(gemma31b, 'config.json'), expected);
  const {
    rope_local_base_freq: _,
    rope_theta: __,
    rope_scaling: ___,
    sliding_window_pattern: ____,
    ...rest
  } = gemma31b;
  const types = expected.localLayers.map((local) => (local ? 'sliding_attention' : 'full_attention'));
  const newer = {
    ...rest,
    layer_types: types,
    _sliding_window_pattern: 6,
    use_bidirectional_attention: false,
    rope_parameters: {
      full_attention: { rope_type: 'default', rope_theta: 1e6 },
      sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
    },
  };
  assert.equal(decoderConfig(newer, 'config.json'), expected);
  const { query_pre_attn_scalar: _5, head_dim: _6, num_key_value_heads: _7, sliding_window: _8, ...unsaid } = rest;
  assert.equal(decoderConfig(unsaid, 'config.json'), { ...expected, kvHeads: 4, slidingWindow: 4096 });
  const whole = { num_hidden_layers: 2, layer_types: ['full_attention', 'full_attention'] };
  assert.is('slidingWindow' in decoderConfig({ ...gemma31b, ...whole }, 'config.json'), false);
});

test('refuses of Gemma 3 by name what it does not compute', () => {
  const rotation = { rope_type: 'default', rope_theta: 1e6 };
  for (const [change, message] of [
    [{ hidden_activation: 'gelu' }, /hidden_activation = "gelu" is not computed; "gelu_pytorch_tanh"/],
    [{ final_logit_softcapping: 30 }, /final_logit_softcapping = 30/],
    [{ attn_logit_softcapping: 50 }, /attn_logit_softcapping = 50/],
    [{ use_bidirectional_attention: true }, /use_bidirectional_attention = true/],
    [{ rope_scaling: { rope_type: 'linear', factor: 8 } }, /rope_scaling\.rope_type = "linear"/],
    [{ layer_types: ['full_attention'] }, /layer_types = .* does not name the attention of each of 26 layers/],
    [
      { layer_types: Array(26).fill('chunked_attention') },
      /layer_types = .* may hold only "full_attention" and "sliding/,
    ],
    [{ query_pre_attn_scalar: 0 }, /query_pre_attn_scalar = 0 is not above 0/],
    [{ sliding_window_pattern: 0 }, /sliding_window_pattern = 0 is not a whole number/],
    [{ rope_parameters: { full_attention: rotation } }, /stands beside rope_parameters/],
    [{ rope_theta: null, rope_local_base_freq: null, rope_parameters: rotation }, /does not say how both/],
  ] as const) {
    assert.throws(() => decoderConfig({ ...gemma31b, ...change }, 'config.json'), message);
  }
  assert.throws(() => decoderConfig({ ...mistral7b, query_pre_attn_scalar: 64 }, 'x'), /query_pre_attn_scalar = 64/);
});

test.run();
