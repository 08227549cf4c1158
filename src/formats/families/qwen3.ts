import { base, linearsWithBias } from './base.js';
import type { Family } from './family.js';

/** Qwen3 (Qwen3Config of transformers), dense models: Llama with an RMSNorm of every head of queries and keys. */
export const qwen3: Family = {
  ...base,
  causalModel: 'Qwen3ForCausalLM',
  norms: [
    ...base.norms,
    { name: 'self_attn.q_norm', role: 'query', over: 'head' },
    { name: 'self_attn.k_norm', role: 'key', over: 'head' },
  ],
  linears: linearsWithBias('attentionBias', 'attentionBias', 'never'),
  biasFields: { attention_bias: 'attentionBias' },
  // As of Qwen2.
  slidingWindow: 'ignored',
  unlessSaid: { ...base.unlessSaid, keyValueHeads: 32, headDim: 128, contextLength: 32_768 },
  written: { use_sliding_window: false },
};
