import type { Family } from './family.js';

/** Qwen2 and Qwen2.5 (Qwen2Config of transformers): Llama with biases on q, k and v. */
export const qwen2: Family = {
  causalModel: 'Qwen2ForCausalLM',
  norms: ['input_layernorm', 'post_attention_layernorm'],
  linears: [
    { name: 'self_attn.q_proj', outputs: 'queries', inputs: 'hidden', bias: 'always' },
    { name: 'self_attn.k_proj', outputs: 'keys', inputs: 'hidden', bias: 'always' },
    { name: 'self_attn.v_proj', outputs: 'keys', inputs: 'hidden', bias: 'always' },
    { name: 'self_attn.o_proj', outputs: 'hidden', inputs: 'queries', bias: 'never' },
    { name: 'mlp.gate_proj', outputs: 'mlp', inputs: 'hidden', bias: 'never' },
    { name: 'mlp.up_proj', outputs: 'mlp', inputs: 'hidden', bias: 'never' },
    { name: 'mlp.down_proj', outputs: 'hidden', inputs: 'mlp', bias: 'never' },
  ],
  biasFields: {},
  ropeKinds: ['default', 'llama3'],
  // Its files name a window that `use_sliding_window: false` switches off; true is refused.
  slidingWindow: 'ignored',
  keyValueHeads: 'heads',
  contextLength: 32768,
  written: { use_sliding_window: false },
};
