import { EnvironmentError } from '../diagnostics/errors.js';
import { formatBytes } from '../formats/byte-size.js';
import type { Gpu } from '../gpu/gpu.js';
import { activationNumbers } from './activations.js';
import type { DecoderConfig } from './config.js';

type Device = { readonly limits: Pick<Gpu['limits'], 'maxStorageBufferBindingSize'> };

/** Bytes of activations that a forward pass may need, unless one sequence alone needs more. */
const activationBytes = 256 * 2 ** 20;

/** Beyond so many tokens a pass gets no faster. */
export const enoughTokens = 4096;

/** Rows (tokens) of a forward pass whose activations fit, and the widest of them into a binding. */
export function rowsThatFit(gpu: Device, config: DecoderConfig): number {
  const { layer, entry } = activationNumbers(config);
  const { layers } = config;
  return Math.floor(Math.min(activationBytes / (4 * (layer + layers * entry)), bindableRows(gpu, config)));
}

/** @throws EnvironmentError when a pass over so many rows has activations that a kernel cannot bind */
export function checkRows(gpu: Device, config: DecoderConfig, rows: number): void {
  const most = bindableRows(gpu, config);
  if (rows <= most) return;
  const limit = formatBytes(gpu.limits.maxStorageBufferBindingSize);
  throw new EnvironmentError(
    `A pass over ${rows} tokens does not fit the device: a kernel takes up to ${limit} at a time, ${most} tokens of this model`,
    { hint: 'Take fewer or shorter sequences at a time (`batch`, `max-length`), or a device with a larger limit.' },
  );
}

function bindableRows({ limits }: Device, { heads, kvHeads, headDim, mlp, hidden }: DecoderConfig): number {
  const widest = Math.max(2 * mlp, (heads + 2 * kvHeads) * headDim, hidden);
  return Math.floor(limits.maxStorageBufferBindingSize / (4 * widest));
}
