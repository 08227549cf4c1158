import type { DecoderConfig } from '../../src/nn/config.js';

type Shape = Pick<DecoderConfig, 'family' | 'hidden' | 'heads' | 'kvHeads' | 'headDim' | 'mlp' | 'tied' | 'ropeTheta'>;
const llama3 = { factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192 };

/** The real models of workflows/profiles: the shapes of one of their layers, and their vocabularies. */
export const layerProfiles: Readonly<Record<string, Shape & Partial<DecoderConfig> & { readonly vocabulary: number }>> =
  {
    'llama-3.2-1b': {
      family: 'llama',
      hidden: 2048,
      heads: 32,
      kvHeads: 8,
      headDim: 64,
      mlp: 8192,
      tied: true,
      ropeTheta: 500000,
      ropeScaling: llama3,
      vocabulary: 128_256,
    },
    'llama-2-7b': {
      family: 'llama',
      hidden: 4096,
      heads: 32,
      kvHeads: 32,
      headDim: 128,
      mlp: 11008,
      tied: false,
      ropeTheta: 1e4,
      vocabulary: 32_000,
    },
    'qwen2.5-1.5b': {
      family: 'qwen2',
      hidden: 1536,
      heads: 12,
      kvHeads: 2,
      headDim: 128,
      mlp: 8960,
      tied: true,
      ropeTheta: 1e6,
      vocabulary: 151_936,
    },
    'qwen2.5-3b': {
      family: 'qwen2',
      hidden: 2048,
      heads: 16,
      kvHeads: 2,
      headDim: 128,
      mlp: 11008,
      tied: true,
      ropeTheta: 1e6,
      vocabulary: 151_936,
    },
    'qwen2.5-7b': {
      family: 'qwen2',
      hidden: 3584,
      heads: 28,
      kvHeads: 4,
      headDim: 128,
      mlp: 18944,
      tied: false,
      ropeTheta: 1e6,
      vocabulary: 152_064,
    },
  };
