/** Child process of `runflow doctor`: opens the device of RUNFLOW_ADAPTER, tries it out, prints one line of JSON. */
import type { AdapterDescription } from '../gpu/gpu.js';
import { openGpu } from '../gpu/open-gpu.js';
import { type Check, selfTest } from '../linalg/device/self-test.js';
import { type DeviceSpeed, measureSpeed } from '../linalg/device/speed.js';

const shownLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
] as const;

export interface DeviceReport {
  readonly adapter: AdapterDescription;
  readonly limits: Readonly<Record<(typeof shownLimits)[number], number>>;
  readonly features: readonly string[];
  /** 0 when the adapter has none of a fixed size. */
  readonly subgroupSize: number;
  readonly checks: readonly Check[];
  readonly speed: DeviceSpeed;
}

async function examineDevice(): Promise<DeviceReport> {
  const gpu = await openGpu();
  const report = {
    adapter: gpu.adapter,
    limits: Object.fromEntries(shownLimits.map((name) => [name, gpu.limits[name]])) as DeviceReport['limits'],
    features: [...gpu.device.features].sort(),
    subgroupSize: gpu.subgroupSize,
    checks: await selfTest(gpu),
    speed: await measureSpeed(gpu),
  };
  await gpu.close();
  return report;
}

const result = await examineDevice().then(
  (device) => ({ device }),
  (error: Error) => ({ error: error.message, hint: 'Update the driver, or set RUNFLOW_ADAPTER to another adapter.' }),
);
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit());
