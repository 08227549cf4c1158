import { outputTensor } from '../architecture.js';

/** Prefix of every name in an adapter's file. */
export const adapterPrefix = 'base_model.model.';

/** transformers' Conv1D layers, the only ones that store [in, out]. */
const convolutions: ReadonlySet<string> = new Set(['c_attn', 'c_fc', 'c_proj', 'q_attn']);

/** The module that a tensor belongs to; empty for one that stands alone. */
export function moduleOf(tensor: string): string {
  return tensor.slice(0, Math.max(0, tensor.lastIndexOf('.')));
}

/** True for a module whose name says that it may store [in, out]. */
export function mayBeConvolution(module: string): boolean {
  return convolutions.has(module.split('.').at(-1)!);
}

/** True for the weight of a linear layer within the numbered layers, as far as a name and a shape tell. */
export function isLayerWeight(tensor: string, shape: readonly number[]): boolean {
  return tensor.endsWith('.weight') && shape.length === 2 && /\.\d+\./.test(tensor);
}

/** The same, or the output layer: what can have factors without being an embedding. */
export function isLinearWeight(tensor: string, shape: readonly number[]): boolean {
  return isLayerWeight(tensor, shape) || (tensor === outputTensor && shape.length === 2);
}
