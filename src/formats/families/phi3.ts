import { base } from './base.js';
import type { Family } from './family.js';

/**
 * Phi-3 and Phi-4 (Phi3Config of transformers): Mistral with queries, keys and values in one tensor, gate and up in another. Its
 * models with a long context scale their rotation (`longrope`), and some rotate a part of each head only: both are refused.
 */
export const phi3: Family = {
  ...base,
  causalModel: 'Phi3ForCausalLM',
  linears: [
    { name: 'self_attn.qkv_proj', roles: ['query', 'key', 'value'], bias: 'never' },
    { name: 'self_attn.o_proj', roles: ['output'], bias: 'never' },
    { name: 'mlp.gate_up_proj', roles: ['gate', 'up'], bias: 'never' },
    { name: 'mlp.down_proj', roles: ['down'], bias: 'never' },
  ],
  ropeKinds: ['default'],
  slidingWindow: { unlessSaid: null },
  unlessSaid: { ...base.unlessSaid, contextLength: 4096, normEpsilon: 1e-5 },
  neutral: {
    // The code beside the published files, which transformers has had since: it computes the same.
    auto_map: { AutoConfig: 'configuration_phi3.Phi3Config', AutoModelForCausalLM: 'modeling_phi3.Phi3ForCausalLM' },
  },
  written: { sliding_window: null },
};
