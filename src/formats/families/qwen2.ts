import { base, linearsWithBias } from './base.js';
import type { Family } from './family.js';

/** Qwen2 and Qwen2.5 (Qwen2Config of transformers): Llama with biases on q, k and v. */
export const qwen2: Family = {
  ...base,
  causalModel: 'Qwen2ForCausalLM',
  linears: linearsWithBias('always', 'never', 'never'),
  // Its files name a window that `use_sliding_window: false` switches off; true is refused.
  slidingWindow: 'ignored',
  unlessSaid: { ...base.unlessSaid, contextLength: 32_768 },
  written: { use_sliding_window: false },
};
