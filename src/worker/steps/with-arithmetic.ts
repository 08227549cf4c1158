import { DeviceArithmetic } from '../../linalg/device/arithmetic.js';
import type { StepContext } from '../step-context.js';

/** Lends the device's arithmetic; whatever happens, no matrix of it outlives the call. */
export async function withArithmetic<T>(
  context: StepContext,
  use: (arithmetic: DeviceArithmetic) => Promise<T>,
): Promise<T> {
  const arithmetic = new DeviceArithmetic(await context.gpu());
  try {
    return await use(arithmetic);
  } finally {
    arithmetic.releaseAll();
  }
}
