import { rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../formats/make-folder.js';
import { readRegularFile } from '../formats/regular-file.js';
import { replaceFile } from '../formats/replace-file.js';
import { deviceCacheFolder, driverFingerprint } from './probe-cache.js';

/** Measurements by device class, under the drivers and the environment that they were made with. */
type Kept = Record<string, Record<string, unknown>>;

/** One entry per set of drivers that is in use side by side. */
const maxFingerprints = 8;

function cacheFile(): string {
  return path.join(deviceCacheFolder(), 'speeds.json');
}

function readAll(): Kept {
  try {
    const kept = JSON.parse(readRegularFile(cacheFile()).toString()) as unknown;
    return typeof kept === 'object' && kept !== null && !Array.isArray(kept) ? (kept as Kept) : {};
  } catch {
    return {};
  }
}

/** What was measured of a device; undefined when nothing was, or a driver changed. Whoever reads it checks its form. */
export function readSpeed(environment: NodeJS.ProcessEnv, deviceClass: string): unknown {
  const ofDrivers = readAll()[driverFingerprint(environment)];
  return typeof ofDrivers === 'object' && ofDrivers !== null ? ofDrivers[deviceClass] : undefined;
}

/** Forgets everything measured. */
export async function forgetSpeeds(): Promise<void> {
  await rm(cacheFile(), { force: true });
}

/** Remembers a measurement. A cache folder that cannot be written costs the next estimate a measurement, nothing else. */
export async function writeSpeed(environment: NodeJS.ProcessEnv, deviceClass: string, speed: object): Promise<void> {
  const key = driverFingerprint(environment);
  const { [key]: own, ...others } = readAll();
  const kept = Object.entries(others).slice(-(maxFingerprints - 1));
  try {
    await makeFolder(deviceCacheFolder());
    await replaceFile(
      cacheFile(),
      JSON.stringify({ ...Object.fromEntries(kept), [key]: { ...own, [deviceClass]: speed } }),
    );
  } catch {
    // Documented above.
  }
}
