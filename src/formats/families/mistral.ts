import { base } from './base.js';
import type { Family } from './family.js';

/**
 * Mistral (MistralConfig of transformers): Llama without biases, and attention to the last `sliding_window` tokens only, which
 * differs for no row that is not longer. Longer rows are refused.
 */
export const mistral: Family = {
  ...base,
  causalModel: 'MistralForCausalLM',
  slidingWindow: { unlessSaid: 4096 },
  unlessSaid: { ...base.unlessSaid, keyValueHeads: 8, contextLength: 131_072 },
  written: { sliding_window: null },
};
