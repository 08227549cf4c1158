/** Child process of `runflow plan --estimate`: measures the device of RUNFLOW_ADAPTER and what is around it, prints one line of JSON. */
import { openGpu } from '../gpu/open-gpu.js';
import { deviceCacheFolder } from '../gpu/probe-cache.js';
import { measureSpeed } from '../linalg/device/speed.js';
import { measureHost } from '../linalg/host/speed.js';
import { measureDisk } from '../store/speed.js';
import type { MachineSpeed } from './machine-speed.js';

async function measureMachine(): Promise<MachineSpeed> {
  const gpu = await openGpu();
  const startSeconds = process.uptime();
  const before = performance.now();
  const { plot } = await import('../report/figures/plot.js');
  const { draw, Plot } = await plot();
  draw({ width: 300, height: 200, marks: [Plot.lineY([1, 2, 3])] });
  const librarySeconds = (performance.now() - before) / 1000;
  const speed = {
    device: await measureSpeed(gpu),
    host: await measureHost(),
    disk: await measureDisk(deviceCacheFolder()),
    startSeconds,
    librarySeconds,
    software: gpu.adapter.software,
    memoryBudget: Number.isFinite(gpu.memoryBudget) ? gpu.memoryBudget : null,
    largestBinding: gpu.limits.maxStorageBufferBindingSize,
    measured: new Date().toISOString().slice(0, 10),
  };
  await gpu.close();
  return speed;
}

const line = await measureMachine().then(
  (speed) => JSON.stringify(speed),
  (error: Error) => `error: ${error.message}`,
);
process.stdout.write(`\n${line}\n`, () => process.exit());
