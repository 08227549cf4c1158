import type { Family } from './family.js';
import { llama } from './llama.js';

/** Qwen3 (Qwen3Config of transformers), dense models: Llama with an RMSNorm of every head of queries and keys. */
export const qwen3: Family = {
  causalModel: 'Qwen3ForCausalLM',
  norms: [
    ...llama.norms,
    { name: 'self_attn.q_norm', role: 'query', over: 'head' },
    { name: 'self_attn.k_norm', role: 'key', over: 'head' },
  ],
  linears: llama.linears.map((linear) => (linear.bias === 'mlpBias' ? { ...linear, bias: 'never' } : linear)),
  biasFields: { attention_bias: 'attentionBias' },
  ropeKinds: ['default', 'llama3'],
  // As of Qwen2.
  slidingWindow: 'ignored',
  unlessSaid: { ...llama.unlessSaid, keyValueHeads: 32, headDim: 128, contextLength: 32_768 },
  neutral: {},
  written: { use_sliding_window: false },
};
