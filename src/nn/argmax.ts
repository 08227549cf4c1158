import { readAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { rowGrid, wholeVectors } from './kernel-shape.js';
import type { RowWindow } from './rows.js';

/** Token of a row with a logit that is not finite. */
export const noToken = 0xffffffff;

/**
 * Takes in the windows of a vocabulary one after the other; behind the last, `best` holds (bits of the largest logit, its
 * token) of every row. Of equal logits the lowest token's counts.
 * @param logits [rows, window.count] @param best 8 bytes a row
 */
export function argmax(gpu: Gpu, rows: number, window: RowWindow, logits: DeviceBuffer, best: DeviceBuffer): void {
  const { constants, workgroups } = rowGrid(gpu, rows);
  gpu.dispatch({
    kernel: 'argmax',
    constants: { ...constants, FIRST: window.first === 0 ? 1 : 0 },
    text: { logits: readAccess('logits', 0, 'F32', wholeVectors(window.count)) },
    bindings: [logits, best],
    uniforms: [rows, window.count, window.first],
    workgroups,
  });
}
