import type { DecoderConfig } from '../../src/nn/config.js';

/** The model of the toy world, for benches of training and generation alone. */
export function toyDecoder(contextLength: number): DecoderConfig {
  return {
    family: 'llama',
    hidden: 64,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    mlp: 160,
    vocabulary: 112,
    tied: true,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 10000,
    normEpsilon: 1e-5,
    contextLength,
    endTokens: [1],
  };
}
