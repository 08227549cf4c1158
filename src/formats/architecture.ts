import type { BiasChoice, LayerSide } from './families/family.js';
import { type FamilyName, families } from './families/registry.js';

/** The fields of a Hugging Face config.json that decide tensor names and shapes. */
export interface Architecture {
  readonly family: FamilyName;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly mlp: number;
  readonly vocabulary: number;
  readonly tied: boolean;
  /** Where the family leaves the choice: biases of the attention's linear layers, and of the MLP's; false unless told. */
  readonly attentionBias?: boolean;
  readonly mlpBias?: boolean;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  readonly contextLength: number;
}

export const embeddingTensor = 'model.embed_tokens.weight';
export const outputTensor = 'lm_head.weight';

/** Names and shapes of a checkpoint's tensors, as Hugging Face transformers names them: weights are [out, in]. */
export function architectureTensors(architecture: Architecture): Map<string, readonly number[]> {
  const { family, hidden, layers, heads, kvHeads, headDim, mlp, vocabulary, tied } = architecture;
  const { norms, linears } = families[family];
  const sides: Readonly<Record<LayerSide, number>> = { hidden, mlp, queries: heads * headDim, keys: kvHeads * headDim };
  const tensors = new Map<string, readonly number[]>([[embeddingTensor, [vocabulary, hidden]]]);
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `model.layers.${layer}`;
    for (const norm of norms) tensors.set(`${prefix}.${norm}.weight`, [hidden]);
    for (const { name, outputs, inputs, bias } of linears) {
      tensors.set(`${prefix}.${name}.weight`, [sides[outputs], sides[inputs]]);
      if (hasBias(architecture, bias)) tensors.set(`${prefix}.${name}.bias`, [sides[outputs]]);
    }
  }
  tensors.set('model.norm.weight', [hidden]);
  if (!tied) tensors.set(outputTensor, [vocabulary, hidden]);
  return tensors;
}

function hasBias(architecture: Architecture, bias: 'always' | 'never' | BiasChoice): boolean {
  return bias === 'always' || (bias !== 'never' && (architecture[bias] ?? false));
}

/** True for a table that is computed from the architecture and was yet stored with the weights, as Llama 2's files do. */
export function isRotaryTable(tensor: string): boolean {
  return tensor.endsWith('.rotary_emb.inv_freq');
}

/** True for an embedding that is the output layer, too. */
export function isTiedEmbedding(tensor: string, tied: boolean): boolean {
  return tied && tensor === 'model.embed_tokens.weight';
}

/** True for an output layer that is stored although it is tied to the embedding, which is there too. */
export function isTiedCopy(tensor: string, tied: boolean, has: (tensor: string) => boolean): boolean {
  return tied && tensor === outputTensor && has(embeddingTensor);
}
