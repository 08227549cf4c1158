import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { elementwiseGrid, rowGrid, wholeVectors } from './kernel-shape.js';
import type { RowWindow } from './rows.js';

/** Logits of a window of the vocabulary for every target row. */
export interface LogitWindow {
  readonly rows: number;
  /** Token ids first … first + count − 1. */
  readonly window: RowWindow;
  /** [rows, window.count] */
  readonly logits: DeviceBuffer;
  /** [rows] u32 */
  readonly targets: Binding;
  /** [rows] */
  readonly logSumExp: DeviceBuffer;
}

/**
 * Takes in the windows of a vocabulary one after the other; behind the last, logSumExp is complete and
 * losses[start + r] = logSumExp[r] − logit of the target.
 * @param state 16 bytes a row, between windows
 */
export function crossEntropy(
  gpu: Gpu,
  { rows, window, logits, targets, logSumExp }: LogitWindow,
  vocabulary: number,
  state: DeviceBuffer,
  losses: { readonly buffer: DeviceBuffer; readonly start: number },
): void {
  const { constants, workgroups } = rowGrid(gpu, rows);
  const last = window.first + window.count === vocabulary;
  gpu.dispatch({
    kernel: 'cross-entropy',
    constants: { ...constants, FIRST: window.first === 0 ? 1 : 0, LAST: last ? 1 : 0 },
    text: { logits: readAccess('logits', 0, 'F32', wholeVectors(window.count)) },
    bindings: [logits, targets, state, logSumExp, losses.buffer],
    uniforms: [rows, window.count, window.first, losses.start],
    workgroups,
  });
}

/** Writes scale·(softmax − onehot) over the logits of a window. */
export function crossEntropyBackward(
  gpu: Gpu,
  { rows, window, logits, targets, logSumExp }: LogitWindow,
  scale: number,
): void {
  gpu.dispatch({
    kernel: 'cross-entropy-backward',
    text: { logits: writeAccess('logits', 0, wholeVectors(window.count)) },
    bindings: [logits, targets, logSumExp],
    uniforms: [rows, window.count, window.first, { f32: scale }],
    workgroups: elementwiseGrid(gpu, rows, window.count),
  });
}
