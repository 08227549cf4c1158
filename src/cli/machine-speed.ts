import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { DeviceTraits } from '../cost/costed-step.js';
import type { DeviceRates, HostRates } from '../cost/rates.js';
import { EnvironmentError } from '../diagnostics/errors.js';
import { chooseDriver } from '../gpu/driver.js';
import { readSpeed, writeSpeed } from '../gpu/speed-cache.js';
import type { DeviceSpeed } from '../linalg/device/speed.js';
import type { HostSpeed } from '../linalg/host/speed.js';
import type { DiskSpeed } from '../store/speed.js';

const timeoutMilliseconds = 180_000;

/** What was measured of a device and the machine around it. A type, not an interface, so that it is JSON. */
export type MachineSpeed = {
  readonly device: DeviceSpeed;
  readonly host: HostSpeed;
  readonly disk: DiskSpeed;
  /** Seconds until a process of its own has an open device, and until it has drawn a first figure. */
  readonly startSeconds: number;
  readonly librarySeconds: number;
  readonly software: boolean;
  /** Bytes; null: the device itself says when it is full. */
  readonly memoryBudget: number | null;
  readonly largestBinding: number;
  /** Day on which it was measured. */
  readonly measured: string;
};

/** The speed of the device that RUNFLOW_ADAPTER asks for. */
export interface KnownSpeed {
  readonly deviceClass: string;
  readonly description: string;
  readonly speed: MachineSpeed;
}

/**
 * The speed of this machine, measured once for each device class and set of drivers, in a child process that takes seconds.
 * @param onMeasure told before it is measured
 * @throws EnvironmentError when there is no device, or it cannot be measured
 */
export async function machineSpeed(environment: NodeJS.ProcessEnv, onMeasure: () => void): Promise<KnownSpeed> {
  const { selector, adapter } = await chooseDriver(environment);
  const { deviceClass, description } = adapter;
  const kept = readSpeed(environment, deviceClass);
  if (isMachineSpeed(kept)) return { deviceClass, description, speed: kept };
  onMeasure();
  const script = fileURLToPath(new URL('./measure-machine.js', import.meta.url));
  const { stdout, timedOut, signal, exitCode } = await execa(process.execPath, [script], {
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: timeoutMilliseconds,
    env: environment,
  });
  const line = stdout.split('\n').at(-1)!;
  const measured = line.startsWith('{') ? (JSON.parse(line) as unknown) : undefined;
  if (!isMachineSpeed(measured)) {
    const end = timedOut ? `gave no answer within ${timeoutMilliseconds / 1000} s` : `ended (${signal ?? exitCode})`;
    throw new EnvironmentError(`A process that was to measure ${selector} ${end}`, {
      hint: 'Run `runflow doctor`, or give `--device` for the figures of another device.',
    });
  }
  await writeSpeed(environment, deviceClass, measured);
  return { deviceClass, description, speed: measured };
}

/** Forms that another version wrote, and damaged ones, are measured again. */
function isMachineSpeed(value: unknown): value is MachineSpeed {
  if (typeof value !== 'object' || value === null) return false;
  const { device, host, disk, startSeconds, librarySeconds, software, memoryBudget, largestBinding, measured } =
    value as Partial<MachineSpeed>;
  const isRates = (rates: object | undefined, names: readonly string[]) =>
    names.every((name) => (rates as Record<string, unknown> | undefined)?.[name] !== undefined) &&
    Object.values(rates ?? {}).every((rate) => typeof rate === 'number' && rate > 0);
  return (
    isRates(device, ['gigaflops', 'gigabytes', 'dispatchSeconds', 'waitSeconds', 'transferGigabytes']) &&
    isRates(host, ['gigaflops', 'eigenSeconds', 'megaelements', 'meganormals']) &&
    isRates(disk, ['fileSeconds', 'megabytesWritten', 'megabytesHashed', 'megacharacters']) &&
    [startSeconds, librarySeconds, largestBinding].every((number) => typeof number === 'number') &&
    (memoryBudget === null || typeof memoryBudget === 'number') &&
    typeof software === 'boolean' &&
    typeof measured === 'string'
  );
}

export function traitsOf({ software, memoryBudget, largestBinding }: MachineSpeed): DeviceTraits {
  return { software, largestBinding, memoryBudget: memoryBudget ?? Number.POSITIVE_INFINITY };
}

export function deviceRatesOf({ device, startSeconds }: MachineSpeed): DeviceRates {
  return {
    flops: device.gigaflops * 1e9,
    memoryBytes: device.gigabytes * 1e9,
    dispatchSeconds: device.dispatchSeconds,
    waitSeconds: device.waitSeconds,
    transferBytes: device.transferGigabytes * 1e9,
    startSeconds,
  };
}

export function hostRatesOf({ host, disk, librarySeconds }: MachineSpeed): HostRates {
  return {
    productFlops: host.gigaflops * 1e9,
    eigenSeconds: host.eigenSeconds,
    elements: host.megaelements * 1e6,
    normals: host.meganormals * 1e6,
    characters: disk.megacharacters * 1e6,
    hashedBytes: disk.megabytesHashed * 1e6,
    writtenBytes: disk.megabytesWritten * 1e6,
    fileSeconds: disk.fileSeconds,
    librarySeconds,
  };
}
