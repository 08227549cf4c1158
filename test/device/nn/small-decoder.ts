import type { FamilyName } from '../../../src/formats/families/registry.js';
import type { TokenRow } from '../../../src/formats/token-rows.js';
import type { DecoderConfig } from '../../../src/nn/config.js';

/** A decoder of three layers with twice as many queries as keys. */
export function smallDecoder(family: FamilyName): DecoderConfig {
  return {
    family,
    hidden: 64,
    layers: 3,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    mlp: 176,
    vocabulary: 320,
    tied: false,
    attentionBias: false,
    mlpBias: false,
    ropeTheta: 10000,
    normEpsilon: 1e-5,
    contextLength: 128,
    endTokens: [],
  };
}

/** Rows of 60 tokens for it, whose last 40 are targets. */
export function smallRows(count: number): TokenRow[] {
  return Array.from({ length: count }, (_, row) => {
    const inputIds = Int32Array.from({ length: 60 }, (_, t) => (row * 31 + t * 7) % 320);
    return { inputIds, labels: inputIds.map((id, t) => (t < 20 ? -100 : id)) };
  });
}
