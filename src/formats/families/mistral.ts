import type { Family } from './family.js';
import { llama } from './llama.js';

/**
 * Mistral (MistralConfig of transformers): Llama without biases, and attention to the last `sliding_window` tokens only, which
 * differs for no row that is not longer. Longer rows are refused.
 */
export const mistral: Family = {
  causalModel: 'MistralForCausalLM',
  norms: llama.norms,
  linears: llama.linears.map((linear) => ({ ...linear, bias: 'never' })),
  biasFields: {},
  ropeKinds: ['default', 'llama3'],
  slidingWindow: { unlessSaid: 4096 },
  unlessSaid: { ...llama.unlessSaid, keyValueHeads: 8, contextLength: 131_072 },
  neutral: {},
  written: { sliding_window: null },
};
