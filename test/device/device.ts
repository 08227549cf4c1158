import type { DawnGpu } from '../../src/gpu/dawn-gpu.js';
import { openGpu } from '../../src/gpu/open-gpu.js';

let opened: Promise<DawnGpu> | undefined;

/** The device of RUNFLOW_ADAPTER, one a test process. */
export function device(): Promise<DawnGpu> {
  opened ??= openGpu();
  return opened;
}
