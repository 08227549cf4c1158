import { embeddingTensor, layerPrefix, outputTensor } from './architecture.js';
import { type LayerSide, type LinearInput, linearInputs, linearSides } from './families/family.js';
import { families } from './families/registry.js';

/** What a tensor of a decoder does, told by its Hugging Face name alone: work on weights needs no config.json. */
export type TensorRole = TableRole | LinearTensorRole;

/** The embedding or the output layer, [vocabulary, hidden]. */
export interface TableRole {
  readonly part: 'embedding' | 'head';
}

/** A weight [outputs, inputs], or a bias [outputs], of a linear layer. */
export interface LinearTensorRole {
  readonly part: 'weight' | 'bias';
  readonly outputs: LayerSide;
  readonly inputs: LayerSide;
  /** The layer that it is in: `model.layers.0`. */
  readonly layer: string;
  readonly takes: LinearInput;
}

/** Linear layers of all families by their name in a layer. */
const linears = new Map(
  Object.values(families).flatMap((family) =>
    family.linears.map(({ name, roles: [role] }) => [name, { ...linearSides[role], takes: linearInputs[role] }]),
  ),
);

const inLayer = /^(model\.layers\.\d+)\.(.+)\.(weight|bias)$/;

/** The role of a tensor; undefined: a norm, or a tensor that no family has. */
export function tensorRole(tensor: string): TensorRole | undefined {
  if (tensor === embeddingTensor) return { part: 'embedding' };
  if (tensor === outputTensor) return { part: 'head' };
  const [, layer, name, part] = inLayer.exec(tensor) ?? [];
  const linear = name === undefined ? undefined : linears.get(name);
  return linear && { part: part as 'weight' | 'bias', layer: layer!, ...linear };
}

/** Families whose norms stand between what attention and the MLP give and the residual stream. */
const normedBehind = Object.values(families).filter(({ norms }) =>
  norms.some(({ role }) => role === 'attentionOutput' || role === 'mlpOutput'),
);

/** Whether a model, by the names of its tensors, is of such a family. */
export function hasNormsBehindBranches(tensors: ReadonlySet<string>): boolean {
  return normedBehind.some(({ norms }) => norms.every(({ name }) => tensors.has(`${layerPrefix(0)}${name}.weight`)));
}
