import type { Family } from './family.js';

/** Llama 2 and 3 (LlamaConfig of transformers), and what is published under their name. */
export const llama: Family = {
  causalModel: 'LlamaForCausalLM',
  norms: ['input_layernorm', 'post_attention_layernorm'],
  linears: [
    { name: 'self_attn.q_proj', outputs: 'queries', inputs: 'hidden', bias: 'attentionBias' },
    { name: 'self_attn.k_proj', outputs: 'keys', inputs: 'hidden', bias: 'attentionBias' },
    { name: 'self_attn.v_proj', outputs: 'keys', inputs: 'hidden', bias: 'attentionBias' },
    { name: 'self_attn.o_proj', outputs: 'hidden', inputs: 'queries', bias: 'attentionBias' },
    { name: 'mlp.gate_proj', outputs: 'mlp', inputs: 'hidden', bias: 'mlpBias' },
    { name: 'mlp.up_proj', outputs: 'mlp', inputs: 'hidden', bias: 'mlpBias' },
    { name: 'mlp.down_proj', outputs: 'hidden', inputs: 'mlp', bias: 'mlpBias' },
  ],
  biasFields: { attention_bias: 'attentionBias', mlp_bias: 'mlpBias' },
  ropeKinds: ['default', 'llama3'],
  slidingWindow: 'refused',
  keyValueHeads: 'heads',
  contextLength: 2048,
  written: {},
};
