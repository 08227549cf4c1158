import { base, linearsWithBias } from './base.js';
import type { Family } from './family.js';

/**
 * Gemma 3 without images (Gemma3TextConfig of transformers; 270M and 1B): norms before and behind both branches and of every head
 * of queries and keys, 1 added to their gains, embeddings times √hidden, GELU in the MLP, and five of six layers with a sliding
 * window and a rotation of their own. A row that is not longer than the window sees all of itself; longer rows are refused.
 */
export const gemma3Text: Family = {
  ...base,
  causalModel: 'Gemma3ForCausalLM',
  norms: [
    { name: 'input_layernorm', role: 'attentionInput', over: 'all' },
    { name: 'post_attention_layernorm', role: 'attentionOutput', over: 'all' },
    { name: 'pre_feedforward_layernorm', role: 'mlpInput', over: 'all' },
    { name: 'post_feedforward_layernorm', role: 'mlpOutput', over: 'all' },
    { name: 'self_attn.q_norm', role: 'query', over: 'head' },
    { name: 'self_attn.k_norm', role: 'key', over: 'head' },
  ],
  linears: linearsWithBias('attentionBias', 'attentionBias', 'never'),
  biasFields: { attention_bias: 'attentionBias' },
  gainOffset: 1,
  activation: { field: 'hidden_activation', name: 'gelu_pytorch_tanh' },
  scalesEmbeddings: true,
  localLayers: { pattern: 6, ropeTheta: 10_000 },
  ropeKinds: ['default'],
  slidingWindow: { unlessSaid: 4096 },
  unlessSaid: {
    ...base.unlessSaid,
    keyValueHeads: 4,
    headDim: 256,
    contextLength: 131_072,
    ropeTheta: 1_000_000,
    queryScalar: 256,
    tied: true,
  },
};
