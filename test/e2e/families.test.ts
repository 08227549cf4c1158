import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../src/formats/checkpoint.js';
import { type FamilyName, familyNames } from '../../src/formats/families/registry.js';
import { activationColumns } from '../../src/report/tables/activations.js';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { type Ended, ranSteps, Sandbox, summaryOf } from '../sandbox.js';

interface OfFamily {
  readonly init?: string;
  readonly config: object;
  /** What the files of published models say besides. */
  readonly published?: object;
}

/** What `init` may say of a family beside the shape, and what transformers has to find in the exported config.json. */
const ofFamily: { readonly [F in FamilyName]: OfFamily } = {
  llama: { config: { architectures: ['LlamaForCausalLM'], attention_bias: false, mlp_bias: false } },
  qwen2: { config: { architectures: ['Qwen2ForCausalLM'], use_sliding_window: false } },
  mistral: { config: { architectures: ['MistralForCausalLM'], sliding_window: null } },
  qwen3: {
    init: 'head-dim: 6, attention-bias: true',
    config: { architectures: ['Qwen3ForCausalLM'], head_dim: 6, attention_bias: true, use_sliding_window: false },
    published: { max_window_layers: 28, sliding_window: null },
  },
  olmo2: { config: { architectures: ['Olmo2ForCausalLM'], attention_bias: false } },
  smollm3: {
    init: 'no-rope-layer-interval: 2',
    config: { architectures: ['SmolLM3ForCausalLM'], no_rope_layers: [1, 0], use_sliding_window: false },
    published: { layer_types: ['full_attention', 'full_attention'], no_rope_layer_interval: 4, pretraining_tp: 2 },
  },
  gemma3_text: {
    init: 'sliding-window-pattern: 2',
    config: {
      architectures: ['Gemma3ForCausalLM'],
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: 4,
      layer_types: ['sliding_attention', 'full_attention'],
      rope_local_base_freq: 10000,
      sliding_window: 2048,
    },
    published: { sliding_window: 512, _sliding_window_pattern: 2, cache_implementation: 'hybrid' },
  },
  phi3: {
    config: { architectures: ['Phi3ForCausalLM'], sliding_window: null },
    published: {
      attention_bias: false,
      embd_pdrop: 0,
      resid_pdrop: 0,
      original_max_position_embeddings: 4096,
      auto_map: { AutoConfig: 'configuration_phi3.Phi3Config', AutoModelForCausalLM: 'modeling_phi3.Phi3ForCausalLM' },
      sliding_window: 2047,
    },
  },
};

/** Trains a model, measures it and projections of its update, and takes the hidden states that prompts cause in it. */
const made = (family: FamilyName) => `runflow: 1
name: made-${family}
seed: 3
datasets:
  lessons: { synthetic: problems, rows: 48, seed: 1 }
  questions: { synthetic: problems, rows: 6, split: test, seed: 3 }
recipes:
  brief: { lr: 3e-3, steps: 3, batch: 8, template: raw }
models:
  base:
    init: { family: ${family}, hidden: 16, layers: 2, heads: 4, kv-heads: 2, mlp: 20, vocabulary: 112${ofFamily[family].init === undefined ? '' : `, ${ofFamily[family].init}`} }
    tokenizer: { words-of: [lessons] }
  tuned: { finetune: base, on: lessons, recipe: brief }
updates: { tuning: { from: base, to: tuned } }
subspaces: { top-k: { kind: top-k, of: tuning } }
sweeps:
  inside: { project: tuning, onto: [top-k], mode: parallel, fractions: [0.5, 1], measure: [energy, accuracy, surprise] }
${metrics('base, tuned')}`;

const metrics = (models: string) => `metrics:
  accuracy: { kind: exact-match, on: questions, question: prompt, models: [tuned], template: raw, max-tokens: 6 }
  surprise: { kind: loss, on: questions, models: [tuned], template: raw }
  states:
    { kind: activation-mso, models: [${models}], prompts: [questions, lessons], layers: [0.5, 1], max-tokens: 2, energies: [0.9] }
`;

/** The exported model, opened as anyone's. */
const opened = (family: FamilyName) => `runflow: 1
name: opened-${family}
seed: 3
datasets:
  lessons: { synthetic: problems, rows: 48, seed: 1 }
  questions: { synthetic: problems, rows: 6, split: test, seed: 3 }
models: { tuned: { path: exported-${family} } }
${metrics('tuned')}`;

const test = suite<{ sandbox: Sandbox }>('families from init to export');
test.before(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after(({ sandbox }) => sandbox.remove());

const read = (ended: Ended, file: string) => readFile(join(summaryOf(ended).results!, file), 'utf8');

for (const family of familyNames) {
  test(`${family}: init, training, responses, losses, hidden states, projection; exported and opened again the same`, async ({
    sandbox,
  }) => {
    await sandbox.write(`${family}.yaml`, made(family));
    const first = await sandbox.run([`${family}.yaml`]);
    assert.ok(ranSteps(first).includes('train[tuned]'));
    const losses = (await read(first, 'loss.csv')).trim().split('\n').slice(1);
    assert.is(losses.length, 3);
    const scores = readTable(await read(first, 'evaluation.csv'), evaluationColumns);
    const whole = scores.filter(({ model, subspace }) => model === 'tuned' && subspace === '');
    // All of an update is the tuned model, but for the rounding of its weights.
    const loss = (fraction: number) => scores.find((row) => row.metric === 'surprise' && row.fraction === fraction);
    const [tuned] = whole.filter(({ metric }) => metric === 'surprise');
    assert.ok(Math.abs(loss(1)!.value! / tuned!.value! - 1) < 1e-5);
    assert.is.not(loss(0.5)!.value, tuned!.value);

    const exported = await sandbox.runflow(['export', `${family}.yaml`, 'tuned', '--to', `exported-${family}`]);
    assert.is(exported.status, 0, exported.stderr);
    const config = JSON.parse(await readFile(sandbox.path(`exported-${family}`, 'config.json'), 'utf8'));
    assert.equal({ ...config, ...ofFamily[family].config }, config);
    assert.equal([config.model_type, config.num_key_value_heads], [family, 2]);
    assert.ok(
      (await openCheckpoint(sandbox.path(`exported-${family}`))).tensors.has('model.layers.1.mlp.down_proj.weight'),
    );

    const published = { ...config, ...ofFamily[family].published };
    await sandbox.write(`exported-${family}/config.json`, JSON.stringify(published));
    await sandbox.write(`opened-${family}.yaml`, opened(family));
    const second = await sandbox.run([`opened-${family}.yaml`]);
    for (const file of ['items/accuracy.jsonl', 'activations.csv']) {
      const rows = (text: string) => text.split('\n').filter((line) => line.includes('tuned'));
      const expected = rows(await read(first, file)).filter((line) => !line.includes('top-k'));
      assert.ok(expected.length > 0, file);
      assert.equal(rows(await read(second, file)), expected, file);
    }
    assert.ok(
      readTable(await read(second, 'activations.csv'), activationColumns).every(({ overlap }) => overlap !== null),
    );
    const again = readTable(await read(second, 'evaluation.csv'), evaluationColumns);
    assert.equal(again, whole);
  });
}

test.run();
