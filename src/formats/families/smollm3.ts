import { base, linearsWithBias } from './base.js';
import type { Family } from './family.js';

/** SmolLM3 (SmolLM3Config of transformers): Llama whose every fourth layer, or those that its file says, does not rotate. */
export const smollm3: Family = {
  ...base,
  causalModel: 'SmolLM3ForCausalLM',
  linears: linearsWithBias('attentionBias', 'attentionBias', 'mlpBias'),
  biasFields: { attention_bias: 'attentionBias', mlp_bias: 'mlpBias' },
  // A window would count with `use_sliding_window: true`, which is refused.
  slidingWindow: 'ignored',
  unlessSaid: {
    ...base.unlessSaid,
    keyValueHeads: 4,
    contextLength: 32_768,
    ropeTheta: 2_000_000,
    noRopeLayerInterval: 4,
    tied: true,
  },
  written: { use_sliding_window: false },
};
