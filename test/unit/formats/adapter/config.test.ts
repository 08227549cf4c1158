import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../../src/diagnostics/errors.js';
import { parseAdapterConfig } from '../../../../src/formats/adapter/config.js';
import { isSavedWhole, isTarget, rankOf, scaleOf } from '../../../../src/formats/adapter/targets.js';

const test = suite('adapter_config.json');

const least = { peft_type: 'LORA', target_modules: ['q_proj'] };
const read = (keys: object) => parseAdapterConfig(Buffer.from(JSON.stringify({ ...least, ...keys })), 'config');

test('the defaults are those of PEFT', () => {
  const config = read({});
  assert.equal([config.rank, config.alpha, config.rankStabilised, config.bias], [8, 8, false, 'none']);
  assert.equal([config.baseName, config.layers, config.modulesToSave], [undefined, undefined, []]);
});

test('what PEFT writes today changes nothing as long as it is not used', () => {
  const unused = {
    alora_invocation_tokens: null,
    arrow_config: null,
    auto_mapping: null,
    corda_config: null,
    eva_config: null,
    ensure_weight_tying: false,
    exclude_modules: null,
    inference_mode: true,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_bias: false,
    lora_dropout: 0.1,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: null,
    peft_version: '0.18.0',
    qalora_group_size: 16,
    rank_pattern: {},
    alpha_pattern: {},
    revision: null,
    target_parameters: null,
    task_type: 'CAUSAL_LM',
    trainable_token_indices: null,
    use_dora: false,
    use_qalora: false,
    use_rslora: false,
    velora_config: null,
    kasa_config: null,
    monteclora_config: null,
    use_bdlora: null,
    lora_ga_config: null,
    a_key_of_tomorrow: null,
    another: [],
    third: {},
    fourth: '',
  };
  assert.equal(read(unused), read({}));
});

const refused: readonly (readonly [object, RegExp])[] = [
  [{ peft_type: 'IA3' }, /config: peft_type = "IA3": only LORA is read/],
  [{ peft_type: undefined }, /config: peft_type is missing/],
  [{ target_modules: undefined }, /config: target_modules is missing/],
  [{ use_dora: true }, /config: use_dora = true: runflow computes LoRA without it/],
  [{ lora_bias: true }, /lora_bias = true/],
  [
    {
      layer_replication: [
        [0, 4],
        [2, 5],
      ],
    },
    /layer_replication = \[\[0,4\],\[2,5\]\]/,
  ],
  [{ target_parameters: ['experts.gate_up_proj'] }, /target_parameters/],
  [{ trainable_token_indices: { embed_tokens: [1] } }, /trainable_token_indices = {"embed_tokens":\[1\]}/],
  [{ a_key_of_tomorrow: 3 }, /a_key_of_tomorrow = 3/],
  [{ init_lora_weights: 'pissa' }, /init_lora_weights = "pissa": its factors belong to a base that was changed/],
  [{ init_lora_weights: 'loftq' }, /init_lora_weights = "loftq"/],
  [{ r: 0 }, /r = 0: it is a whole number above 0/],
  [{ r: 1.5 }, /r = 1\.5/],
  [{ lora_alpha: 'x' }, /lora_alpha = "x": it is a number above 0/],
  [{ use_rslora: 1 }, /use_rslora = 1: it is true or false/],
  [{ bias: 'some' }, /bias = "some": it is none, all, lora_only/],
  [{ rank_pattern: { q: 0 } }, /rank_pattern\.q = 0/],
  [{ rank_pattern: { '(': 2 } }, /rank_pattern = "\(": this is not a regular expression that runflow reads/],
  [{ target_modules: '(?P<x>q)' }, /target_modules = .*not a regular expression that runflow reads/],
  [{ target_modules: [1] }, /target_modules = \[1\]: it is a list of names/],
  [{ layers_pattern: 'layers' }, /layers_pattern = .*needs layers_to_transform/],
  [{ target_modules: '.*q', layers_to_transform: [1] }, /layers_to_transform = \[1\]: PEFT takes it only/],
  [{ layers_to_transform: [-1] }, /layers_to_transform/],
  [{ modules_to_save: 'lm_head' }, /modules_to_save = "lm_head": it is a list of names/],
];

test('what asks for something else is refused by name', () => {
  for (const [keys, message] of refused) {
    assert.throws(
      () => read(keys),
      (error: Error) => error instanceof DataError && message.test(error.message),
      JSON.stringify(keys),
    );
  }
  assert.throws(() => parseAdapterConfig(Buffer.from('{"r":1,"r":2}'), 'config'), /stands twice/);
});

const linear = (name: string) => ({ name, linear: true });

test('targets are whole names, ends of names, or one expression for the whole name', () => {
  const q = 'model.layers.3.self_attn.q_proj';
  assert.ok(isTarget(read({}), linear(q)));
  assert.not(isTarget(read({}), linear('model.layers.3.self_attn.xq_proj')));
  assert.ok(isTarget(read({ target_modules: ['model.layers.3.self_attn.q_proj'] }), linear(q)));
  assert.ok(isTarget(read({ target_modules: String.raw`.*\.layers\.[0-3]\..*_proj` }), linear(q)));
  assert.not(isTarget(read({ target_modules: 'q_proj' }), linear(q)));
  assert.not(isTarget(read({ exclude_modules: ['self_attn.q_proj'] }), linear(q)));
  assert.not(isTarget(read({ exclude_modules: '.*self_attn.*' }), linear(q)));
  assert.not(isTarget(read({ modules_to_save: ['self_attn'] }), linear(q)));
  const all = read({ target_modules: 'ALL-linear' });
  assert.ok(isTarget(all, linear(q)));
  assert.not(isTarget(all, { name: 'lm_head', linear: false }));
});

test('layers are chosen by their first number, behind any name or the one that is given', () => {
  const expert = 'model.layers.2.mlp.experts.5.q_proj';
  assert.ok(isTarget(read({ layers_to_transform: 2 }), linear(expert)));
  assert.not(isTarget(read({ layers_to_transform: [5] }), linear(expert)));
  assert.ok(isTarget(read({ layers_to_transform: [5], layers_pattern: ['experts'] }), linear(expert)));
  assert.not(isTarget(read({ layers_to_transform: [2], layers_pattern: 'h' }), linear(expert)));
  assert.not(isTarget(read({ layers_to_transform: [2] }), linear('head.q_proj')));
  assert.ok(isTarget(read({ layers_to_transform: [] }), linear(expert)));
  // A full name counts whatever its layer.
  assert.ok(isTarget(read({ layers_to_transform: [7], target_modules: [expert] }), linear(expert)));
});

test('rank and scale follow the first pattern that ends the name', () => {
  const keys = { r: 4, lora_alpha: 6, rank_pattern: { 'layers.1.x': 2, x: 3 }, alpha_pattern: { x: 9 } };
  const config = read(keys);
  assert.equal(
    ['a.layers.1.x', 'a.layers.2.x', 'y', 'ax'].map((name) => rankOf(config, name)),
    [2, 3, 4, 4],
  );
  assert.equal(
    ['a.layers.1.x', 'y'].map((name) => scaleOf(config, name)),
    [4.5, 1.5],
  );
  assert.equal(scaleOf(read({ ...keys, use_rslora: true }), 'y'), 3);
});

test('modules that are stored whole are found by the end of their name, with all that is in them', () => {
  const config = read({ modules_to_save: ['head', 'mlp'] });
  for (const tensor of ['lm_head.weight', 'a.mlp.up.weight', 'a.mlp.bias'])
    assert.ok(isSavedWhole(config, tensor), tensor);
  for (const tensor of ['heads.weight', 'a.mlps.weight', 'head']) assert.not(isSavedWhole(config, tensor), tensor);
});

test.run();
