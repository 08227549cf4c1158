import type { Family } from './family.js';

/** Llama 2 and 3 (LlamaConfig of transformers), and what is published under their name. */
export const llama: Family = {
  causalModel: 'LlamaForCausalLM',
  norms: [
    { name: 'input_layernorm', role: 'attentionInput', over: 'all' },
    { name: 'post_attention_layernorm', role: 'mlpInput', over: 'all' },
  ],
  linears: [
    { name: 'self_attn.q_proj', roles: ['query'], bias: 'attentionBias' },
    { name: 'self_attn.k_proj', roles: ['key'], bias: 'attentionBias' },
    { name: 'self_attn.v_proj', roles: ['value'], bias: 'attentionBias' },
    { name: 'self_attn.o_proj', roles: ['output'], bias: 'attentionBias' },
    { name: 'mlp.gate_proj', roles: ['gate'], bias: 'mlpBias' },
    { name: 'mlp.up_proj', roles: ['up'], bias: 'mlpBias' },
    { name: 'mlp.down_proj', roles: ['down'], bias: 'mlpBias' },
  ],
  biasFields: { attention_bias: 'attentionBias', mlp_bias: 'mlpBias' },
  ropeKinds: ['default', 'llama3'],
  slidingWindow: 'refused',
  unlessSaid: {
    keyValueHeads: 'heads',
    headDim: 'hidden / heads',
    contextLength: 2048,
    ropeTheta: 10_000,
    noRopeLayerInterval: null,
    normEpsilon: 1e-6,
    tied: false,
  },
  neutral: {},
  written: {},
};
