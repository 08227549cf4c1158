import { base, linearsWithBias } from './base.js';
import type { Family } from './family.js';

/** Llama 2 and 3 (LlamaConfig of transformers), and what is published under their name. */
export const llama: Family = {
  ...base,
  causalModel: 'LlamaForCausalLM',
  linears: linearsWithBias('attentionBias', 'attentionBias', 'mlpBias'),
  biasFields: { attention_bias: 'attentionBias', mlp_bias: 'mlpBias' },
};
