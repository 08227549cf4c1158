import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { makeFolder } from '../formats/make-folder.js';
import { readRegularFile } from '../formats/regular-file.js';
import { replaceFile } from '../formats/replace-file.js';
import { userCacheFolder } from '../formats/user-path.js';
import type { AdapterDescription } from './gpu.js';
import { machineFingerprint } from './vulkan-drivers.js';

/** The user's cache folder for what belongs to this machine: unpacked drivers and probe results. Safe to delete. */
export function deviceCacheFolder(): string {
  return path.join(userCacheFolder(process.env), 'device');
}

/** A choice that was probed: what a process must set before it loads Dawn, and the adapter it then gets. */
export interface Driver {
  /** Value of RUNFLOW_ADAPTER that gives this driver again without guessing. */
  readonly selector: string;
  /** Environment variables that make the Vulkan loader see this driver. */
  readonly variables: Readonly<Record<string, string>>;
  /** Path of a Vulkan loader to load first, for machines without one. */
  readonly loader?: string;
  /** Name for Dawn's own selection, when the user gave one. */
  readonly name?: string;
  readonly adapter: AdapterDescription;
}

/** Drivers found by selector (`auto`, `lavapipe`, …). */
type Probes = Readonly<Record<string, Driver>>;

/** Raised when what a probe records changes its meaning. */
const revision = 1;
/** One entry per set of drivers and environment variables that is in use side by side. */
const maxFingerprints = 8;

function cacheFile(): string {
  return path.join(deviceCacheFolder(), 'adapters.json');
}

/** Drivers and environment that a probe or a measurement holds for. */
export function driverFingerprint(environment: NodeJS.ProcessEnv): string {
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };
  const text = JSON.stringify([revision, version, import.meta.url, ...machineFingerprint(environment)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function readAll(): Record<string, Probes> {
  try {
    return objectOf<Probes>(JSON.parse(readRegularFile(cacheFile()).toString()));
  } catch {
    return {};
  }
}

/** What is no object, in a file that was damaged or is another program's, is as good as none. */
function objectOf<T>(value: unknown): Record<string, T> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, T>) : {};
}

function isDriver(value: unknown): boolean {
  const { selector, variables, adapter } = objectOf(value);
  return (
    typeof selector === 'string' &&
    Object.values(objectOf(variables)).every((text) => typeof text === 'string') &&
    ['deviceClass', 'description'].every((key) => typeof objectOf(adapter)[key] === 'string')
  );
}

/** What was found for these drivers and this environment; empty when nothing was probed yet or something changed. */
export function readProbes(environment: NodeJS.ProcessEnv): Probes {
  const known = Object.entries(objectOf<Driver>(readAll()[driverFingerprint(environment)]));
  return Object.fromEntries(known.filter(([, driver]) => isDriver(driver)));
}

/** Remembers probes. A cache folder that cannot be written costs the next process a probe, nothing else. */
export async function writeProbes(environment: NodeJS.ProcessEnv, probes: Probes): Promise<void> {
  const key = driverFingerprint(environment);
  const { [key]: _, ...others } = readAll();
  const known = readProbes(environment);
  const kept = Object.entries(others).slice(-(maxFingerprints - 1));
  await replace(Object.fromEntries([...kept, [key, { ...known, ...probes }]]));
}

/** Forgets everything probed: the device that opened is not the one that was remembered. */
export async function forgetProbes(): Promise<void> {
  await replace({});
}

async function replace(all: Record<string, Probes>): Promise<void> {
  const file = cacheFile();
  try {
    await makeFolder(path.dirname(file));
    await replaceFile(file, JSON.stringify(all));
  } catch {
    // Documented above: without a cache the next process probes again.
  }
}
