import type { Family } from './family.js';
import { llama } from './llama.js';

/** SmolLM3 (SmolLM3Config of transformers): Llama whose every fourth layer, or those that its file says, does not rotate. */
export const smollm3: Family = {
  ...llama,
  causalModel: 'SmolLM3ForCausalLM',
  // A window would count with `use_sliding_window: true`, which is refused.
  slidingWindow: 'ignored',
  unlessSaid: {
    ...llama.unlessSaid,
    keyValueHeads: 4,
    contextLength: 32_768,
    ropeTheta: 2_000_000,
    noRopeLayerInterval: 4,
    tied: true,
  },
  written: { use_sliding_window: false },
};
