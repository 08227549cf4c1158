import {
  type BiasChoice,
  type LayerSide,
  type LinearRole,
  linearSides,
  type NormTensor,
  normSides,
} from './families/family.js';
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
  /** Biases of the attention's linear layers, and of the MLP's, where the family leaves the choice. Default: none. */
  readonly attentionBias?: boolean;
  readonly mlpBias?: boolean;
  readonly ropeTheta: number;
  /** Whether each layer rotates queries and keys; absent: all do. */
  readonly rotaryLayers?: readonly boolean[];
  /** Whether each layer has a sliding window and rotates with `localRopeTheta`; absent: none has. */
  readonly localLayers?: readonly boolean[];
  readonly localRopeTheta?: number;
  /** Scores are divided by its root; absent: by that of headDim. */
  readonly queryScalar?: number;
  readonly normEpsilon: number;
  readonly contextLength: number;
}

export const embeddingTensor = 'model.embed_tokens.weight';
export const outputTensor = 'lm_head.weight';
export const finalNormTensor = 'model.norm.weight';

/** What the names of a layer's tensors begin with. */
export function layerPrefix(layer: number): string {
  return `model.layers.${layer}.`;
}

/**
 * true for all layers but the last of every `interval`: those that rotate, as `no_rope_layer_interval` says it, or those with a
 * sliding window, as `sliding_window_pattern` does.
 */
export function allButEvery(layers: number, interval: number): boolean[] {
  return Array.from({ length: layers }, (_, layer) => (layer + 1) % interval !== 0);
}

type Sizes = Pick<Architecture, 'hidden' | 'heads' | 'kvHeads' | 'headDim' | 'mlp'>;

/** How wide a side of a layer is. */
function sideSize({ hidden, heads, kvHeads, headDim, mlp }: Sizes, side: LayerSide): number {
  return { hidden, mlp, queries: heads * headDim, keys: kvHeads * headDim }[side];
}

/** Numbers of a row that an RMSNorm takes, and how many of them it normalises together: the length of its gain. */
export function normSize(sizes: Sizes, { role, over }: NormTensor): { readonly width: number; readonly gain: number } {
  const width = sideSize(sizes, normSides[role]);
  return { width, gain: over === 'head' ? sizes.headDim : width };
}

/** [outputs, inputs] of a linear layer that computes these, one or a fused few. */
function linearShape(sizes: Sizes, roles: readonly [LinearRole, ...LinearRole[]]): [number, number] {
  const outputs = roles.reduce((sum, role) => sum + sideSize(sizes, linearSides[role].outputs), 0);
  return [outputs, sideSize(sizes, linearSides[roles[0]].inputs)];
}

/** Names and shapes of a checkpoint's tensors, as Hugging Face transformers names them: weights are [out, in]. */
export function architectureTensors(architecture: Architecture): Map<string, readonly number[]> {
  const { family, hidden, layers, vocabulary, tied } = architecture;
  const { norms, linears } = families[family];
  const tensors = new Map<string, readonly number[]>([[embeddingTensor, [vocabulary, hidden]]]);
  for (let layer = 0; layer < layers; layer++) {
    const prefix = layerPrefix(layer);
    for (const norm of norms) tensors.set(`${prefix}${norm.name}.weight`, [normSize(architecture, norm).gain]);
    for (const { name, roles, bias } of linears) {
      const [outputs, inputs] = linearShape(architecture, roles);
      tensors.set(`${prefix}${name}.weight`, [outputs, inputs]);
      if (hasBias(architecture, bias)) tensors.set(`${prefix}${name}.bias`, [outputs]);
    }
  }
  tensors.set(finalNormTensor, [hidden]);
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
  return tied && tensor === embeddingTensor;
}

/** True for an output layer that is stored although it is tied to the embedding, which is there too. */
export function isTiedCopy(tensor: string, tied: boolean, has: (tensor: string) => boolean): boolean {
  return tied && tensor === outputTensor && has(embeddingTensor);
}
