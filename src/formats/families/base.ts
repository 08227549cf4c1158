import type { Family, LinearTensors } from './family.js';

/**
 * What most families have: a norm before each branch, separate linear layers without biases, rotation of whole heads, SiLU. No
 * family by itself: each says what it has besides or instead.
 */
export const base: Omit<Family, 'causalModel'> = {
  norms: [
    { name: 'input_layernorm', role: 'attentionInput', over: 'all' },
    { name: 'post_attention_layernorm', role: 'mlpInput', over: 'all' },
  ],
  linears: linearsWithBias('never', 'never', 'never'),
  biasFields: {},
  gainOffset: 0,
  activation: { field: 'hidden_act', name: 'silu' },
  scalesEmbeddings: false,
  localLayers: null,
  ropeKinds: ['default', 'llama3'],
  slidingWindow: 'refused',
  unlessSaid: {
    keyValueHeads: 'heads',
    headDim: 'hidden / heads',
    contextLength: 2048,
    ropeTheta: 10_000,
    noRopeLayerInterval: null,
    queryScalar: null,
    normEpsilon: 1e-6,
    tied: false,
  },
  neutral: {},
  written: {},
};

/** The linear layers of a layer: which of q, k and v, of o, and of the MLP's have biases. */
export function linearsWithBias(
  qkv: LinearTensors['bias'],
  output: LinearTensors['bias'],
  mlp: LinearTensors['bias'],
): readonly LinearTensors[] {
  return [
    { name: 'self_attn.q_proj', roles: ['query'], bias: qkv },
    { name: 'self_attn.k_proj', roles: ['key'], bias: qkv },
    { name: 'self_attn.v_proj', roles: ['value'], bias: qkv },
    { name: 'self_attn.o_proj', roles: ['output'], bias: output },
    { name: 'mlp.gate_proj', roles: ['gate'], bias: mlp },
    { name: 'mlp.up_proj', roles: ['up'], bias: mlp },
    { name: 'mlp.down_proj', roles: ['down'], bias: mlp },
  ];
}
