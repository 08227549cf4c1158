import type { Gpu } from '../gpu/gpu.js';
import { activationNumbers } from './activations.js';
import type { DecoderConfig } from './config.js';

/** Bytes of activations that a forward pass may need, unless one sequence alone needs more. */
const activationBytes = 256 * 2 ** 20;

/** Rows (tokens) of a forward pass whose activations fit, and the widest of them into a binding. */
export function rowsThatFit(gpu: Pick<Gpu, 'limits'>, config: DecoderConfig): number {
  const { layer, entry } = activationNumbers(config);
  const { heads, kvHeads, headDim, mlp, layers } = config;
  const widest = Math.max(2 * mlp, (heads + 2 * kvHeads) * headDim);
  const bindable = gpu.limits.maxStorageBufferBindingSize / (4 * widest);
  return Math.floor(Math.min(activationBytes / (4 * (layer + layers * entry)), bindable));
}
