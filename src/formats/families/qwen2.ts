import type { Family } from './family.js';
import { llama } from './llama.js';

/** Qwen2 and Qwen2.5 (Qwen2Config of transformers): Llama with biases on q, k and v. */
export const qwen2: Family = {
  causalModel: 'Qwen2ForCausalLM',
  norms: llama.norms,
  linears: [
    { name: 'self_attn.q_proj', roles: ['query'], bias: 'always' },
    { name: 'self_attn.k_proj', roles: ['key'], bias: 'always' },
    { name: 'self_attn.v_proj', roles: ['value'], bias: 'always' },
    { name: 'self_attn.o_proj', roles: ['output'], bias: 'never' },
    { name: 'mlp.gate_proj', roles: ['gate'], bias: 'never' },
    { name: 'mlp.up_proj', roles: ['up'], bias: 'never' },
    { name: 'mlp.down_proj', roles: ['down'], bias: 'never' },
  ],
  biasFields: {},
  ropeKinds: ['default', 'llama3'],
  // Its files name a window that `use_sliding_window: false` switches off; true is refused.
  slidingWindow: 'ignored',
  unlessSaid: { ...llama.unlessSaid, contextLength: 32_768 },
  neutral: {},
  written: { use_sliding_window: false },
};
