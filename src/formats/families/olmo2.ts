import { base, linearsWithBias } from './base.js';
import type { Family } from './family.js';

/**
 * OLMo 2 (Olmo2Config of transformers): norms stand behind attention and the MLP, on what each adds to the residual stream, and
 * none before them; queries, and keys, of all heads are normalised together before the rotation.
 */
export const olmo2: Family = {
  ...base,
  causalModel: 'Olmo2ForCausalLM',
  norms: [
    { name: 'post_attention_layernorm', role: 'attentionOutput', over: 'all' },
    { name: 'post_feedforward_layernorm', role: 'mlpOutput', over: 'all' },
    { name: 'self_attn.q_norm', role: 'query', over: 'all' },
    { name: 'self_attn.k_norm', role: 'key', over: 'all' },
  ],
  linears: linearsWithBias('attentionBias', 'attentionBias', 'never'),
  biasFields: { attention_bias: 'attentionBias' },
  unlessSaid: { ...base.unlessSaid, normEpsilon: 1e-5 },
};
