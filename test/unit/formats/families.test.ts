import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Architecture, architectureTensors } from '../../../src/formats/architecture.js';
import { type FamilyName, families, familyNames } from '../../../src/formats/families/registry.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { hasTiedEmbeddings } from '../../../src/formats/model-config.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Names and shapes of one layer, as the index of a published checkpoint lists them. */
const published: { readonly [F in FamilyName]: readonly (readonly [string, readonly number[]])[] } = {
  // meta-llama/Llama-3.2-1B
  llama: [
    ['input_layernorm.weight', [2048]],
    ['post_attention_layernorm.weight', [2048]],
    ['self_attn.q_proj.weight', [2048, 2048]],
    ['self_attn.k_proj.weight', [512, 2048]],
    ['self_attn.v_proj.weight', [512, 2048]],
    ['self_attn.o_proj.weight', [2048, 2048]],
    ['mlp.gate_proj.weight', [8192, 2048]],
    ['mlp.up_proj.weight', [8192, 2048]],
    ['mlp.down_proj.weight', [2048, 8192]],
  ],
  // mistralai/Mistral-7B-v0.3
  mistral: [
    ['input_layernorm.weight', [4096]],
    ['post_attention_layernorm.weight', [4096]],
    ['self_attn.q_proj.weight', [4096, 4096]],
    ['self_attn.k_proj.weight', [1024, 4096]],
    ['self_attn.v_proj.weight', [1024, 4096]],
    ['self_attn.o_proj.weight', [4096, 4096]],
    ['mlp.gate_proj.weight', [14336, 4096]],
    ['mlp.up_proj.weight', [14336, 4096]],
    ['mlp.down_proj.weight', [4096, 14336]],
  ],
  // Qwen/Qwen3-1.7B
  qwen3: [
    ['input_layernorm.weight', [2048]],
    ['post_attention_layernorm.weight', [2048]],
    ['self_attn.q_norm.weight', [128]],
    ['self_attn.k_norm.weight', [128]],
    ['self_attn.q_proj.weight', [2048, 2048]],
    ['self_attn.k_proj.weight', [1024, 2048]],
    ['self_attn.v_proj.weight', [1024, 2048]],
    ['self_attn.o_proj.weight', [2048, 2048]],
    ['mlp.gate_proj.weight', [6144, 2048]],
    ['mlp.up_proj.weight', [6144, 2048]],
    ['mlp.down_proj.weight', [2048, 6144]],
  ],
  // allenai/OLMo-2-0425-1B
  olmo2: [
    ['post_attention_layernorm.weight', [2048]],
    ['post_feedforward_layernorm.weight', [2048]],
    ['self_attn.q_norm.weight', [2048]],
    ['self_attn.k_norm.weight', [2048]],
    ['self_attn.q_proj.weight', [2048, 2048]],
    ['self_attn.k_proj.weight', [2048, 2048]],
    ['self_attn.v_proj.weight', [2048, 2048]],
    ['self_attn.o_proj.weight', [2048, 2048]],
    ['mlp.gate_proj.weight', [8192, 2048]],
    ['mlp.up_proj.weight', [8192, 2048]],
    ['mlp.down_proj.weight', [2048, 8192]],
  ],
  // HuggingFaceTB/SmolLM3-3B
  smollm3: [
    ['input_layernorm.weight', [2048]],
    ['post_attention_layernorm.weight', [2048]],
    ['self_attn.q_proj.weight', [2048, 2048]],
    ['self_attn.k_proj.weight', [512, 2048]],
    ['self_attn.v_proj.weight', [512, 2048]],
    ['self_attn.o_proj.weight', [2048, 2048]],
    ['mlp.gate_proj.weight', [11008, 2048]],
    ['mlp.up_proj.weight', [11008, 2048]],
    ['mlp.down_proj.weight', [2048, 11008]],
  ],
  // microsoft/Phi-3-mini-4k-instruct
  phi3: [
    ['input_layernorm.weight', [3072]],
    ['post_attention_layernorm.weight', [3072]],
    ['self_attn.qkv_proj.weight', [9216, 3072]],
    ['self_attn.o_proj.weight', [3072, 3072]],
    ['mlp.gate_up_proj.weight', [16384, 3072]],
    ['mlp.down_proj.weight', [3072, 8192]],
  ],
  // google/gemma-3-1b-it
  gemma3_text: [
    ['input_layernorm.weight', [1152]],
    ['post_attention_layernorm.weight', [1152]],
    ['pre_feedforward_layernorm.weight', [1152]],
    ['post_feedforward_layernorm.weight', [1152]],
    ['self_attn.q_norm.weight', [256]],
    ['self_attn.k_norm.weight', [256]],
    ['self_attn.q_proj.weight', [1024, 1152]],
    ['self_attn.k_proj.weight', [256, 1152]],
    ['self_attn.v_proj.weight', [256, 1152]],
    ['self_attn.o_proj.weight', [1152, 1024]],
    ['mlp.gate_proj.weight', [6912, 1152]],
    ['mlp.up_proj.weight', [6912, 1152]],
    ['mlp.down_proj.weight', [1152, 6912]],
  ],
  // Qwen/Qwen2.5-1.5B
  qwen2: [
    ['input_layernorm.weight', [1536]],
    ['post_attention_layernorm.weight', [1536]],
    ['self_attn.q_proj.weight', [1536, 1536]],
    ['self_attn.q_proj.bias', [1536]],
    ['self_attn.k_proj.weight', [256, 1536]],
    ['self_attn.k_proj.bias', [256]],
    ['self_attn.v_proj.weight', [256, 1536]],
    ['self_attn.v_proj.bias', [256]],
    ['self_attn.o_proj.weight', [1536, 1536]],
    ['mlp.gate_proj.weight', [8960, 1536]],
    ['mlp.up_proj.weight', [8960, 1536]],
    ['mlp.down_proj.weight', [1536, 8960]],
  ],
};
const sizes: { readonly [F in FamilyName]: Omit<Architecture, 'family'> } = {
  llama: {
    hidden: 2048,
    layers: 1,
    heads: 32,
    kvHeads: 8,
    headDim: 64,
    mlp: 8192,
    vocabulary: 128256,
    tied: true,
    ropeTheta: 500000,
    normEpsilon: 1e-5,
    contextLength: 131072,
  },
  mistral: {
    hidden: 4096,
    layers: 1,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    mlp: 14336,
    vocabulary: 32768,
    tied: true,
    ropeTheta: 1e6,
    normEpsilon: 1e-5,
    contextLength: 32768,
  },
  qwen3: {
    hidden: 2048,
    layers: 1,
    heads: 16,
    kvHeads: 8,
    headDim: 128,
    mlp: 6144,
    vocabulary: 151936,
    tied: true,
    ropeTheta: 1e6,
    normEpsilon: 1e-6,
    contextLength: 40960,
  },
  olmo2: {
    hidden: 2048,
    layers: 1,
    heads: 16,
    kvHeads: 16,
    headDim: 128,
    mlp: 8192,
    vocabulary: 100352,
    tied: true,
    ropeTheta: 5e5,
    normEpsilon: 1e-6,
    contextLength: 4096,
  },
  smollm3: {
    hidden: 2048,
    layers: 1,
    heads: 16,
    kvHeads: 4,
    headDim: 128,
    mlp: 11008,
    vocabulary: 128256,
    tied: true,
    ropeTheta: 5e6,
    rotaryLayers: [true],
    normEpsilon: 1e-6,
    contextLength: 65536,
  },
  phi3: {
    hidden: 3072,
    layers: 1,
    heads: 32,
    kvHeads: 32,
    headDim: 96,
    mlp: 8192,
    vocabulary: 32064,
    tied: true,
    ropeTheta: 1e4,
    normEpsilon: 1e-5,
    contextLength: 4096,
  },
  gemma3_text: {
    hidden: 1152,
    layers: 1,
    heads: 4,
    kvHeads: 1,
    headDim: 256,
    mlp: 6912,
    vocabulary: 262144,
    tied: true,
    ropeTheta: 1e6,
    localLayers: [true],
    localRopeTheta: 1e4,
    queryScalar: 256,
    normEpsilon: 1e-6,
    contextLength: 32768,
  },
  qwen2: {
    hidden: 1536,
    layers: 1,
    heads: 12,
    kvHeads: 2,
    headDim: 128,
    mlp: 8960,
    vocabulary: 151936,
    tied: true,
    ropeTheta: 1e6,
    normEpsilon: 1e-6,
    contextLength: 131072,
  },
};

for (const family of familyNames) {
  test(`a layer of ${family} has the tensors of a published checkpoint, in an order that stays`, () => {
    const { vocabulary, hidden } = sizes[family];
    assert.equal(
      [...architectureTensors({ family, ...sizes[family] })],
      [
        ['model.embed_tokens.weight', [vocabulary, hidden]],
        ...published[family].map(([name, shape]) => [`model.layers.0.${name}`, shape]),
        ['model.norm.weight', [hidden]],
      ],
    );
  });
}

test('biases that a family leaves open are there when they are chosen, and only then', () => {
  const biases = (chosen: Partial<Architecture>) =>
    [...architectureTensors({ family: 'llama', ...sizes.llama, ...chosen }).keys()]
      .filter((name) => name.endsWith('.bias'))
      .map((name) => name.split('.').at(-2));
  assert.equal(biases({}), []);
  assert.equal(biases({ attentionBias: true }), ['q_proj', 'k_proj', 'v_proj', 'o_proj']);
  assert.equal(biases({ mlpBias: true }), ['gate_proj', 'up_proj', 'down_proj']);
});

test('init takes every family of the registry and no other', () => {
  const enums: unknown[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'family' && Array.isArray((inner as { enum?: unknown }).enum))
        enums.push((inner as { enum: unknown }).enum);
      visit(inner);
    }
  };
  visit(JSON.parse(readFileSync(`${root}schema/workflow.schema.json`, 'utf8')));
  assert.equal(enums, [familyNames]);
});

test('nothing but the families’ own files asks for a family by its name', () => {
  const source = `${root}src/`;
  const asking = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.replaceAll('\\', '/').startsWith('formats/families/'))
    .filter((file) => {
      const code = readFileSync(source + file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return familyNames.some((name) => code.includes(`'${name}'`)) || /\bfamily\s*[!=]==?/.test(code);
    });
  assert.equal(asking, []);
});

test('every family computes each part of a layer by one tensor; queries and keys that are normalised by their own', () => {
  for (const [family, { norms, linears }] of Object.entries(families)) {
    const roles = linears.flatMap((linear) => linear.roles);
    assert.equal(roles, ['query', 'key', 'value', 'output', 'gate', 'up', 'down'], family);
    for (const { role } of norms) {
      const fused = linears.some((linear) => linear.roles.length > 1 && linear.roles.some((part) => part === role));
      assert.not(
        fused,
        `${family}: the norm of ${role} takes columns of a fused tensor, which the decoder does not cut`,
      );
    }
  }
});

test('embeddings of a config.json that does not say are tied as in transformers, also where no decoder is needed', () => {
  const tied = (config: JsonObject) => hasTiedEmbeddings(config, 'config.json');
  assert.equal(
    familyNames.filter((model_type) => tied({ model_type })),
    ['smollm3', 'gemma3_text'],
  );
  assert.is(tied({ model_type: 'smollm3', tie_word_embeddings: false }), false);
  assert.is(tied({ model_type: 'constructor' }), false);
  assert.is(tied({}), false);
});

test('a family that leaves biases open says by which field of config.json they are chosen', () => {
  for (const { linears, biasFields } of Object.values(families)) {
    const open = new Set(linears.map(({ bias }) => bias).filter((bias) => bias !== 'always' && bias !== 'never'));
    assert.equal(new Set(Object.values(biasFields)), open);
  }
});

test.run();
