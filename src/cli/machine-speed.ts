import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { DeviceTraits } from '../cost/costed-step.js';
import type { DeviceRates, HostRates } from '../cost/rates.js';
import { EnvironmentError } from '../diagnostics/errors.js';
import { chooseDriver } from '../gpu/driver.js';
import { readSpeed, writeSpeed } from '../gpu/speed-cache.js';
import type { DeviceSpeed } from '../linalg/device/speed.js';
import type { HostSpeed } from '../linalg/host/speed.js';
import { measurableFolder } from '../store/measurable-folder.js';
import type { DiskSpeed } from '../store/speed.js';

const timeoutMilliseconds = 180_000;

/** What was measured of a device. A type, not an interface, so that it is JSON. */
export type MeasuredDevice = {
  readonly device: DeviceSpeed;
  /** Seconds until a process of its own has an open device. */
  readonly startSeconds: number;
  readonly software: boolean;
  /** Bytes; null: the device itself says when it is full. */
  readonly memoryBudget: number | null;
  readonly largestBinding: number;
  /** Day on which it was measured. */
  readonly measured: string;
};

/** What was measured of the machine around a device. */
export type MeasuredHost = {
  readonly host: HostSpeed;
  readonly disk: DiskSpeed;
  /** Seconds until a process has drawn a first figure. */
  readonly librarySeconds: number;
  readonly measured: string;
};

/** The device that RUNFLOW_ADAPTER asks for. */
export interface KnownDevice {
  readonly deviceClass: string;
  readonly description: string;
  readonly speed: MeasuredDevice;
}

/** The machine, and the disk of a store. */
export interface KnownHost {
  readonly speed: MeasuredHost;
  /** Folder whose disk was measured: that of the store, or of temporary files where the store's cannot be written. */
  readonly diskFolder: string;
}

/**
 * The speed of this machine's device, measured once for each device class and set of drivers, in a child process that takes seconds.
 * @param onMeasure told before it is measured
 * @throws EnvironmentError when there is no device, or it cannot be measured
 */
export async function deviceSpeed(environment: NodeJS.ProcessEnv, onMeasure: () => void): Promise<KnownDevice> {
  const { selector, adapter } = await chooseDriver(environment);
  const { deviceClass, description } = adapter;
  const kept = readSpeed(environment, deviceClass);
  if (isMeasuredDevice(kept)) return { deviceClass, description, speed: kept };
  onMeasure();
  const speed = await measured(environment, ['device'], selector, isMeasuredDevice);
  await writeSpeed(environment, deviceClass, speed);
  return { deviceClass, description, speed };
}

/**
 * The speed of this machine's processor and of a store's disk, measured once. Needs no device, and leaves nothing in the store.
 * @param onMeasure told before it is measured
 * @throws EnvironmentError when it cannot be measured
 */
export async function hostSpeed(
  environment: NodeJS.ProcessEnv,
  store: string,
  onMeasure: () => void,
): Promise<KnownHost> {
  const diskFolder = await measurableFolder(store);
  const name = `host, disk of ${diskFolder}`;
  const kept = readSpeed(environment, name);
  if (isMeasuredHost(kept)) return { speed: kept, diskFolder };
  onMeasure();
  const speed = await measured(environment, ['host', diskFolder], 'the processor and the disk', isMeasuredHost);
  await writeSpeed(environment, name, speed);
  return { speed, diskFolder };
}

/** What a child process measures. */
async function measured<T>(
  environment: NodeJS.ProcessEnv,
  asked: readonly string[],
  what: string,
  isWhole: (value: unknown) => value is T,
): Promise<T> {
  const script = fileURLToPath(new URL('./measure-machine.js', import.meta.url));
  const { stdout, timedOut, signal, exitCode } = await execa(process.execPath, [script, ...asked], {
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: timeoutMilliseconds,
    env: environment,
  });
  const line = stdout.split('\n').at(-1)!;
  const told = line.startsWith('{') ? (JSON.parse(line) as unknown) : undefined;
  if (isWhole(told)) return told;
  const end = timedOut ? `gave no answer within ${timeoutMilliseconds / 1000} s` : `ended (${signal ?? exitCode})`;
  const why = line.startsWith('error: ') ? `failed: ${line.slice('error: '.length)}` : end;
  throw new EnvironmentError(`A process that was to measure ${what} ${why}`, {
    hint:
      asked[0] === 'device'
        ? 'Run `runflow doctor`, or give `--device` for the figures of another device.'
        : 'Set TMPDIR to a folder that can be written, and look whether the machine is short of memory.',
  });
}

/** Forms that another version wrote, and damaged ones, are measured again. */
function isMeasuredDevice(value: unknown): value is MeasuredDevice {
  if (typeof value !== 'object' || value === null) return false;
  const { device, startSeconds, software, memoryBudget, largestBinding, measured } = value as Partial<MeasuredDevice>;
  return (
    isRates(device, ['gigaflops', 'gigabytes', 'dispatchSeconds', 'waitSeconds', 'transferGigabytes']) &&
    [startSeconds, largestBinding].every((number) => typeof number === 'number') &&
    (memoryBudget === null || typeof memoryBudget === 'number') &&
    typeof software === 'boolean' &&
    typeof measured === 'string'
  );
}

function isMeasuredHost(value: unknown): value is MeasuredHost {
  if (typeof value !== 'object' || value === null) return false;
  const { host, disk, librarySeconds, measured } = value as Partial<MeasuredHost>;
  return (
    isRates(host, ['gigaflops', 'eigenSeconds', 'megaelements', 'meganormals']) &&
    isRates(disk, ['fileSeconds', 'megabytesWritten', 'megabytesHashed', 'megacharacters']) &&
    typeof librarySeconds === 'number' &&
    typeof measured === 'string'
  );
}

function isRates(rates: object | undefined, names: readonly string[]): boolean {
  return (
    names.every((name) => (rates as Record<string, unknown> | undefined)?.[name] !== undefined) &&
    Object.values(rates ?? {}).every((rate) => typeof rate === 'number' && rate > 0)
  );
}

export function traitsOf({ software, memoryBudget, largestBinding }: MeasuredDevice): DeviceTraits {
  return { software, largestBinding, memoryBudget: memoryBudget ?? Number.POSITIVE_INFINITY };
}

export function deviceRatesOf({ device, startSeconds }: MeasuredDevice): DeviceRates {
  return {
    flops: device.gigaflops * 1e9,
    memoryBytes: device.gigabytes * 1e9,
    dispatchSeconds: device.dispatchSeconds,
    waitSeconds: device.waitSeconds,
    transferBytes: device.transferGigabytes * 1e9,
    startSeconds,
  };
}

export function hostRatesOf({ host, disk, librarySeconds }: MeasuredHost): HostRates {
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
