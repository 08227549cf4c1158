import os from 'node:os';
import { EnvironmentError } from '../diagnostics/errors.js';
import { activateDriver } from './activate-driver.js';
import { DawnGpu } from './dawn-gpu.js';
import { chooseDriver } from './driver.js';
import { forgetProbes } from './probe-cache.js';

/** Share of the machine's memory that a software GPU may take. A card's memory is unknown to WebGPU: it reports exhaustion itself. */
const softwareMemoryShare = 0.6;

/**
 * Opens the device that RUNFLOW_ADAPTER asks for in this process. One a process: Dawn loads its drivers once.
 * @throws EnvironmentError when there is no adapter.
 */
export async function openGpu(options: { memoryBudget?: number } = {}): Promise<DawnGpu> {
  const driver = await chooseDriver();
  activateDriver(driver);
  const memory = process.constrainedMemory() || os.totalmem();
  const softwareBudget = Math.min(memory, os.totalmem()) * softwareMemoryShare;
  const gpu = await DawnGpu.open({
    name: driver.name,
    memoryBudget: options.memoryBudget ?? (driver.adapter.software ? softwareBudget : Number.POSITIVE_INFINITY),
  });
  if (gpu.adapter.deviceClass !== driver.adapter.deviceClass) {
    await gpu.close();
    await forgetProbes();
    throw new EnvironmentError(
      `The GPU changed since it was last looked for: expected ${driver.adapter.deviceClass}, found ${gpu.adapter.deviceClass}.`,
      { hint: 'Run the command again.' },
    );
  }
  return gpu;
}
