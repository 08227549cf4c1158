import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Architecture } from '../../../src/formats/architecture.js';
import { uncomputedFamilies } from '../../../src/formats/families/differences.js';
import { families, familyNames } from '../../../src/formats/families/registry.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { modelConfig } from '../../../src/formats/model-config.js';
import { decoderConfig } from '../../../src/nn/config.js';
import { checkPrompts } from '../../../src/nn/prompt-lengths.js';
import { rotaryFrequencies, rotaryTable } from '../../../src/nn/rope.js';
import { checkLengths } from '../../../src/worker/steps/token-input.js';

/** As published, without what does not matter here. */
const llama32: JsonObject = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 128000,
  eos_token_id: [128001, 128008, 128009],
  head_dim: 64,
  hidden_act: 'silu',
  hidden_size: 2048,
  intermediate_size: 8192,
  max_position_embeddings: 131072,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  pretraining_tp: 1,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  rms_norm_eps: 1e-5,
  rope_theta: 500000.0,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  vocab_size: 128256,
};
const qwen25: JsonObject = {
  architectures: ['Qwen2ForCausalLM'],
  attention_dropout: 0.0,
  eos_token_id: 151645,
  hidden_act: 'silu',
  hidden_size: 1536,
  intermediate_size: 8960,
  max_position_embeddings: 32768,
  max_window_layers: 21,
  model_type: 'qwen2',
  num_attention_heads: 12,
  num_hidden_layers: 28,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  use_mrope: false,
  use_sliding_window: false,
  vocab_size: 151936,
};

test('reads Llama 3.2: scaled rotary embedding, several end tokens, tied embeddings', () => {
  assert.equal(decoderConfig(llama32, 'config.json'), {
    family: 'llama',
    hidden: 2048,
    layers: 16,
    heads: 32,
    kvHeads: 8,
    headDim: 64,
    mlp: 8192,
    vocabulary: 128256,
    tied: true,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 500000,
    ropeScaling: { factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192 },
    normEpsilon: 1e-5,
    contextLength: 131072,
    endTokens: [128001, 128008, 128009],
  });
});

test('reads Qwen2.5: head size from hidden size, a sliding window that is not used, one end token', () => {
  const config = decoderConfig(qwen25, 'config.json');
  assert.is(config.headDim, 128);
  assert.is(config.family, 'qwen2');
  assert.equal(config.endTokens, [151645]);
  assert.is('ropeScaling' in config, false);
});

/** Fields of published and saved files that change nothing, beside those above. */
const accepted: readonly [what: string, base: JsonObject, more: JsonObject][] = [
  [
    'Llama-2-7b',
    llama32,
    {
      _name_or_path: 'meta-llama/Llama-2-7b-hf',
      bos_token_id: 1,
      eos_token_id: 2,
      head_dim: null,
      hidden_size: 4096,
      initializer_range: 0.02,
      intermediate_size: 11008,
      max_position_embeddings: 4096,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 32,
      pretraining_tp: 1,
      rope_scaling: null,
      rope_theta: null,
      tie_word_embeddings: false,
      torch_dtype: 'float16',
      transformers_version: '4.31.0.dev0',
      use_cache: true,
      vocab_size: 32000,
    },
  ],
  [
    'Qwen2.5-3B-Instruct',
    qwen25,
    {
      hidden_size: 2048,
      intermediate_size: 11008,
      max_window_layers: 70,
      num_attention_heads: 16,
      num_hidden_layers: 36,
    },
  ],
  [
    'Qwen2.5-7B',
    qwen25,
    {
      hidden_size: 3584,
      intermediate_size: 18944,
      max_position_embeddings: 131072,
      max_window_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      sliding_window: 131072,
      tie_word_embeddings: false,
      vocab_size: 152064,
      use_cache: true,
      transformers_version: '4.40.1',
      initializer_range: 0.02,
    },
  ],
  [
    'R1-Distill-Qwen',
    qwen25,
    { sliding_window: 4096, rope_theta: 10000, tie_word_embeddings: false, bos_token_id: 151646 },
  ],
  [
    'SmolLM2',
    llama32,
    {
      hidden_size: 576,
      intermediate_size: 1536,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      head_dim: null,
      is_llama_config: true,
      rope_interleaved: false,
      rope_scaling: null,
      rope_theta: 100000,
      vocab_size: 49152,
      bos_token_id: 1,
      eos_token_id: 2,
      pad_token_id: 2,
      'transformers.js_config': { kv_cache_dtype: {} },
    },
  ],
  [
    'what TRL, axolotl and unsloth save',
    qwen25,
    {
      _attn_implementation_autoset: true,
      _name_or_path: '/data/run-7',
      quantization_config: null,
      use_cache: false,
      dtype: 'bfloat16',
      pad_token_id: 151665,
      unsloth_fixed: true,
      unsloth_version: '2025.3.19',
      layer_types: Array(28).fill('full_attention'),
      sliding_window: null,
      torch_dtype: 'bfloat16',
    },
  ],
];
for (const [what, base, more] of accepted) {
  test(`accepts ${what}`, () => {
    const config = decoderConfig({ ...base, ...more }, 'config.json');
    const expected = ['hidden_size', 'vocab_size', 'num_hidden_layers'].map((name) => more[name] ?? base[name]);
    assert.equal([config.hidden, config.vocabulary, config.layers], expected);
  });
}

test('rows, prompts and responses that reach beyond a sliding window are refused, and no shorter ones', () => {
  const config = { contextLength: 100, slidingWindow: 8 };
  const row = (length: number) => ({ inputIds: new Int32Array(length), labels: new Int32Array(length) });
  checkLengths([row(8)], config);
  assert.throws(
    () => checkLengths([row(8), row(9)], config),
    /^Row 2 has 9 tokens, more than the model's sliding window of 8/,
  );
  checkPrompts([new Int32Array(8)], config, 0);
  checkPrompts([new Int32Array(5)], config, 1, 3);
  assert.throws(() => checkPrompts([new Int32Array(9)], config, 0), /^Prompt 1 has 9 tokens, more than .* window of 8/);
  assert.throws(
    () => checkPrompts([new Int32Array(5)], config, 1, 4),
    /^Prompt 1 with its response of up to 4 tokens has 9 tokens, more than .* window of 8, whose effect is not computed$/,
  );
  checkPrompts([new Int32Array(99)], { contextLength: 100 }, 1, 500);
});

test('takes the defaults of transformers for what old files leave out', () => {
  const { num_key_value_heads: _, rope_theta: __, eos_token_id: ___, tie_word_embeddings: ____, ...old } = qwen25;
  const config = decoderConfig({ ...old, rope_scaling: null, head_dim: null }, 'config.json');
  assert.is(config.kvHeads, 12);
  assert.is(config.ropeTheta, 10000);
  assert.is(config.tied, false);
  assert.equal(config.endTokens, []);
});

test('reads newer files: rope_parameters in place of rope_theta and rope_scaling', () => {
  const { rope_scaling, rope_theta, ...rest } = llama32;
  const rope = { ...(rope_scaling as JsonObject), rope_theta: rope_theta! };
  const config = decoderConfig({ ...rest, rope_parameters: rope, dtype: 'bfloat16' }, 'config.json');
  assert.equal(config, decoderConfig(llama32, 'config.json'));
  const plain = decoderConfig({ ...rest, rope_parameters: { rope_type: 'default', rope_theta: 1e6 } }, 'config.json');
  assert.is(plain.ropeTheta, 1e6);
  assert.is('ropeScaling' in plain, false);
});

test('reads the older name of the scaling type', () => {
  const { rope_type: type, ...scaling } = llama32.rope_scaling as JsonObject & { rope_type: string };
  const config = decoderConfig({ ...llama32, rope_scaling: { ...scaling, type } }, 'config.json');
  assert.equal(config, decoderConfig(llama32, 'config.json'));
});

const refused: readonly [what: string, change: JsonObject, message: RegExp][] = [
  ['another family', { model_type: 'gemma2' }, /model_type = "gemma2"/],
  ['another head', { architectures: ['LlamaForSequenceClassification'] }, /architectures.*LlamaForCausalLM/],
  ['another activation', { hidden_act: 'gelu' }, /hidden_act = "gelu"/],
  ['a sliding window in use', { use_sliding_window: true }, /use_sliding_window = true/],
  ['layers with a sliding window', { layer_types: ['full_attention', 'sliding_attention'] }, /layer_types/],
  ['multimodal rotary embedding', { use_mrope: true }, /use_mrope/],
  ['attention dropout', { attention_dropout: 0.1 }, /attention_dropout = 0.1/],
  ['partly rotated heads', { partial_rotary_factor: 0.5 }, /partial_rotary_factor/],
  ['quantised weights', { quantization_config: { bits: 4 } }, /quantization_config/],
  ['another rotary scaling', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, /rope_scaling\.rope_type = "yarn"/],
  ['a scaling without its numbers', { rope_scaling: { rope_type: 'llama3' } }, /rope_scaling\.factor is missing/],
  ['heads that do not divide', { num_key_value_heads: 5 }, /num_key_value_heads = 5/],
  ['a head size that is no whole number', { hidden_size: 2049, head_dim: null }, /head_dim/],
  ['an odd head size', { head_dim: 63 }, /head_dim = 63/],
  ['a number beyond f32', { rms_norm_eps: 1e39 }, /rms_norm_eps = 1e\+39 is beyond what f32 holds/],
  ['a number that f32 takes for 0', { rms_norm_eps: 1e-50 }, /rms_norm_eps = 1e-50 is beyond what f32 holds/],
  ['interleaved rotation', { rope_interleaved: true }, /rope_interleaved = true/],
  ['text for a number', { hidden_size: '2048' }, /hidden_size = "2048"/],
  ['no vocabulary', { vocab_size: null }, /vocab_size is missing/],
  ['an end token that is none', { eos_token_id: 'end' }, /eos_token_id/],
  ['a scale of the logits', { logit_scale: 0.0625 }, /logit_scale = 0.0625/],
  ['scaled embeddings and residuals', { embedding_multiplier: 12 }, /embedding_multiplier = 12/],
  ['another scale of attention', { attention_multiplier: 0.01 }, /attention_multiplier = 0.01/],
  ['capped logits', { final_logit_softcapping: 30 }, /final_logit_softcapping = 30/],
  ['normed queries', { use_qk_norm: true }, /use_qk_norm = true/],
  ['experts', { num_local_experts: 8 }, /num_local_experts = 8/],
  ['pruned heads', { pruned_heads: { 0: [1] } }, /pruned_heads/],
  ['code of its own', { auto_map: { AutoModelForCausalLM: 'modeling_x.X' } }, /auto_map/],
  ['a sliding window in Llama', { sliding_window: 4096 }, /sliding_window = 4096/],
  ['two bases of rotation', { rope_scaling: { rope_type: 'default', rope_theta: 1e4 } }, /rope_theta = 10000 is not/],
  ['two descriptions of rotation', { rope_parameters: { rope_type: 'default' } }, /rope_scaling .*unclear/],
  ['a flag that is none', { tie_word_embeddings: 'yes' }, /tie_word_embeddings/],
];
for (const [what, change, message] of refused) {
  test(`refuses ${what} by name, with the file`, () => {
    try {
      decoderConfig({ ...llama32, ...change }, 'models/x/config.json');
    } catch (error) {
      assert.instance(error, DataError);
      assert.match((error as Error).message, message);
      assert.match((error as Error).message, /^models\/x\/config\.json: /);
      return;
    }
    assert.unreachable('it was accepted');
  });
}

test('a family that is not computed is refused by name, with the families that are and what runs without one', () => {
  for (const model_type of ['qwen3_moe', 'gemma2', 'gemma3', 'bloom', 'constructor']) {
    try {
      decoderConfig({ ...qwen25, model_type, architectures: null }, 'config.json');
      assert.unreachable(`${model_type} was accepted`);
    } catch (error) {
      assert.instance(error, DataError);
      const { message, hint } = error as DataError;
      const differs = uncomputedFamilies.get(model_type);
      const why = differs === undefined ? '' : `: ${differs}`;
      assert.match(message, `model_type = "${model_type}" is a family that is neither trained nor run${why}; "llama"`);
      for (const name of familyNames) assert.match(message, `"${name}"`);
      assert.match(
        hint!,
        /^runflow trains and runs decoders of llama.*energies, overlaps and projections .* no decoder/,
      );
    }
  }
});

test('what a family does that is not computed is told of families that are not computed, and of no others', () => {
  assert.equal(
    [...uncomputedFamilies.keys()].filter((name) => (familyNames as readonly string[]).includes(name)),
    [],
  );
  assert.match(uncomputedFamilies.get('gemma2')!, /windows in every other layer, and caps on scores/);
});

for (const family of familyNames) {
  test(`the config.json that is written for ${family} says the same architecture when it is read`, () => {
    const { biasFields, localLayers, unlessSaid } = families[family];
    const choices = Object.values(biasFields);
    for (const chosen of [[], ...choices.map((choice) => [choice]), choices]) {
      const architecture: Architecture = {
        family,
        hidden: 24,
        layers: 2,
        heads: 4,
        kvHeads: 2,
        headDim: 10,
        mlp: 40,
        vocabulary: 50,
        tied: true,
        ...Object.fromEntries(chosen.map((choice) => [choice, true])),
        ropeTheta: 1e5,
        normEpsilon: 1e-5,
        contextLength: 77,
        ...(unlessSaid.noRopeLayerInterval !== null && { rotaryLayers: [false, true] }),
        ...(unlessSaid.queryScalar !== null && { queryScalar: 7 }),
        ...(localLayers !== null && { localLayers: [true, false], localRopeTheta: 300 }),
      };
      assert.equal(decoderConfig(modelConfig(architecture, 'F32'), 'config.json'), {
        attentionBias: false,
        mlpBias: false,
        endTokens: [],
        ...architecture,
        // A window as long as the context changes nothing.
        ...(localLayers !== null && { slidingWindow: 77 }),
      });
    }
  });
}

test('llama3 scaling stretches long wavelengths, keeps short ones and blends between', () => {
  const config = decoderConfig(llama32, 'config.json');
  const { ropeScaling: _, ...plain } = config;
  const [scaled, original] = [rotaryFrequencies(config), rotaryFrequencies(plain)];
  for (let i = 0; i < original.length; i++) {
    const wavelength = (2 * Math.PI) / original[i]!;
    if (wavelength < 8192 / 4) assert.is(scaled[i], original[i]);
    else if (wavelength > 8192) assert.ok(Math.abs(scaled[i]! * 32 - original[i]!) < 1e-12 * original[i]!);
    else assert.ok(scaled[i]! < original[i]! && scaled[i]! > original[i]! / 32);
  }
});

test('the rotary table holds cosines, then sines, of every position', () => {
  const config = decoderConfig({ ...llama32, head_dim: 8, rope_scaling: null }, 'config.json');
  const table = rotaryTable(config, 50);
  assert.is(table.length, 50 * 8);
  const angle = 37 * 500000 ** (-2 / 8);
  assert.is(table[37 * 8 + 1], Math.fround(Math.cos(angle)));
  assert.is(table[37 * 8 + 5], Math.fround(Math.sin(angle)));
});

test.run();
