/**
 * Child process of `runflow plan --estimate`: measures a part of this machine and prints one line of JSON. Its arguments are
 * `device` (that of RUNFLOW_ADAPTER), or `host` and a folder of the disk.
 */
import { openGpu } from '../gpu/open-gpu.js';
import { measureSpeed } from '../linalg/device/speed.js';
import { measureHost } from '../linalg/host/speed.js';
import { measureDisk } from '../store/speed.js';
import type { MeasuredDevice, MeasuredHost } from './machine-speed.js';

async function measureDevice(): Promise<MeasuredDevice> {
  const gpu = await openGpu();
  const startSeconds = process.uptime();
  const speed = {
    device: await measureSpeed(gpu),
    startSeconds,
    software: gpu.adapter.software,
    memoryBudget: Number.isFinite(gpu.memoryBudget) ? gpu.memoryBudget : null,
    largestBinding: gpu.limits.maxStorageBufferBindingSize,
    measured: today(),
  };
  await gpu.close();
  return speed;
}

async function measureAround(folder: string): Promise<MeasuredHost> {
  const before = performance.now();
  const { plot } = await import('../report/figures/plot.js');
  const { draw, Plot } = await plot();
  draw({ width: 300, height: 200, marks: [Plot.lineY([1, 2, 3])] });
  const librarySeconds = (performance.now() - before) / 1000;
  return { host: await measureHost(), disk: await measureDisk(folder), librarySeconds, measured: today() };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

const [part, folder] = process.argv.slice(2);
const line = await (part === 'device' ? measureDevice() : measureAround(folder!)).then(
  (speed) => JSON.stringify(speed),
  (error: Error) => `error: ${error.message.split('\n')[0]}`,
);
process.stdout.write(`\n${line}\n`, () => process.exit());
