import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, InterruptedError } from '../diagnostics/errors.js';
import { errorCode } from '../diagnostics/file-system-error.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { AdapterDescription } from './gpu.js';
import { type Driver, deviceCacheFolder, readProbes, writeProbes } from './probe-cache.js';
import { unpackSwiftShader } from './swiftshader.js';
import { lavapipeManifest } from './vulkan-drivers.js';

/** What RUNFLOW_ADAPTER may be, besides a part of an adapter's name. */
const selectors = ['auto', 'hardware', 'lavapipe', 'swiftshader'];

type Candidate = Omit<Driver, 'adapter'>;

const probeTimeoutMilliseconds = 30_000;
/** A terminal sends these to every process in it, a batch system to every process of a job. No driver ends by them. */
const requestsToEnd = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

/**
 * The driver that RUNFLOW_ADAPTER asks for. `auto`: a hardware adapter if Dawn finds one, else a lavapipe that Dawn accepts
 * (Mesa 25 or newer), else the SwiftShader of the optional dependency `@sparticuz/chromium`. Each candidate is tried in a
 * short child process; the outcome is remembered until a driver or the environment changes, so that knowing the device
 * class costs no device.
 * @throws EnvironmentError when nothing fits, saying what to install; InterruptedError when a child was asked to end
 */
export async function chooseDriver(
  environment: NodeJS.ProcessEnv = process.env,
  timeoutMilliseconds = probeTimeoutMilliseconds,
): Promise<Driver> {
  const wanted = environment.RUNFLOW_ADAPTER?.trim() || 'auto';
  const known = readProbes(environment)[wanted];
  if (known !== undefined) return known;
  const { driver, slow } = await probeInOrder(wanted, environment, timeoutMilliseconds);
  // A candidate that was too slow on a busy machine is tried again the next time.
  await writeProbes(
    environment,
    slow ? { [driver.selector]: driver } : { [wanted]: driver, [driver.selector]: driver },
  );
  return driver;
}

/** Variables for a child process that must get exactly this driver. */
export function workerEnvironment(driver: Driver): Record<string, string> {
  return { RUNFLOW_ADAPTER: driver.selector };
}

/** What Dawn is asked for to make it list what there is: no adapter is called so. */
const nameOfNone = 'none of the adapters';

/**
 * Names of the adapters that Dawn finds with the drivers of the user's choice, in its order, without Mesa's CPU driver. A
 * name stands there once a card.
 */
export async function listedAdapters(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  for await (const candidate of candidates('hardware', environment)) {
    const outcome = await probe({ ...candidate, name: nameOfNone }, environment, probeTimeoutMilliseconds);
    return 'error' in outcome ? namesListed(outcome.error) : [];
  }
  return [];
}

/** The names in what Dawn says when it finds no adapter of a name: a line ` * backend: 'vulkan', name: '…'` each. */
export function namesListed(message: string): readonly string[] {
  return [...message.matchAll(/^ \* backend: '[^']*', name: '(.*)'$/gm)].map(([, name]) => name!);
}

/** `slow`: a better candidate did not answer in time. */
async function probeInOrder(
  wanted: string,
  environment: NodeJS.ProcessEnv,
  timeout: number,
): Promise<{ readonly driver: Driver; readonly slow: boolean }> {
  const failures: string[] = [];
  let slow = false;
  for await (const candidate of candidates(wanted, environment)) {
    const outcome = await probe(candidate, environment, timeout);
    if ('error' in outcome) {
      slow ||= outcome.timedOut;
      failures.push(`${candidate.selector}: ${probeFailure(outcome.error)}`);
    } else if (
      candidate.selector === 'hardware' &&
      outcome.adapter.software &&
      environment.VK_DRIVER_FILES === undefined
    ) {
      failures.push(`hardware: only a software adapter (${outcome.adapter.description})`);
    } else {
      return { driver: { ...candidate, adapter: outcome.adapter }, slow };
    }
  }
  throw new EnvironmentError(
    [`No GPU adapter for RUNFLOW_ADAPTER=${wanted}.`, ...failures.map((failure) => `  ${failure}`)].join('\n'),
    { hint: installationHint(wanted) },
  );
}

/** What a probe says, with what to do where the system's own words do not tell: glibc so calls a folder mounted `noexec`. */
export function probeFailure(error: string): string {
  if (!error.includes('failed to map segment from shared object')) return error;
  return `${error}: nothing may run from that folder (noexec). Set XDG_CACHE_HOME to another`;
}

async function* candidates(wanted: string, environment: NodeJS.ProcessEnv): AsyncGenerator<Candidate> {
  const auto = wanted === 'auto';
  if (!selectors.includes(wanted)) {
    yield { selector: wanted, variables: {}, name: wanted };
    return;
  }
  if (auto || wanted === 'hardware') {
    // Mesa's CPU driver is left out so that it does not hide, or stand in for, a card. Loaders before 1.3.234 ignore this.
    const userChose = environment.VK_DRIVER_FILES !== undefined || environment.VK_ICD_FILENAMES !== undefined;
    yield { selector: 'hardware', variables: userChose ? {} : { VK_LOADER_DRIVERS_DISABLE: '*lvp*,*swiftshader*' } };
  }
  if (auto || wanted === 'lavapipe') {
    const manifest = lavapipeManifest(environment);
    if (manifest !== undefined) yield { selector: 'lavapipe', variables: vulkanDriver(manifest) };
  }
  if (auto || wanted === 'swiftshader') {
    const unpacked = await unpackSwiftShader(deviceCacheFolder());
    if (unpacked !== undefined) {
      yield { selector: 'swiftshader', variables: vulkanDriver(unpacked.manifest), loader: unpacked.loader };
    }
  }
}

/** The loader's variable for a single driver, under its new and its old name. */
function vulkanDriver(manifest: string): Record<string, string> {
  return { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest };
}

function installationHint(wanted: string): string {
  if (!selectors.includes(wanted)) {
    const meant = nearest(wanted, selectors);
    const values = `RUNFLOW_ADAPTER may be ${selectors.join(', ')}, or part of the name of an adapter that is listed above`;
    return meant === undefined ? `${values}.` : `${didYouMean(wanted, meant)} ${values}.`;
  }
  const swiftshader = 'npm install @sparticuz/chromium (brings a software GPU; Linux x64)';
  const lavapipe = 'Mesa 25 or newer (Debian: apt install mesa-vulkan-drivers, from backports where stable is older)';
  if (wanted === 'swiftshader') return `Install it: ${swiftshader}.`;
  if (wanted === 'lavapipe') return `Install ${lavapipe}.`;
  if (wanted === 'hardware') return 'Install a Vulkan driver for your card, or set RUNFLOW_ADAPTER=auto.';
  return `Install a Vulkan driver for your card, or ${lavapipe}, or run ${swiftshader}.`;
}

/** Asks a child process which adapter Dawn finds with this driver: a driver that crashes or hangs takes only the child along. */
function probe(
  candidate: Candidate,
  environment: NodeJS.ProcessEnv,
  timeout: number,
): Promise<{ adapter: AdapterDescription } | { error: string; timedOut: boolean }> {
  const script = fileURLToPath(new URL('./driver-probe.js', import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [script, JSON.stringify(candidate)],
      { env: environment, timeout, killSignal: 'SIGKILL' },
      (error, stdout) => {
        const line = stdout.trim().split('\n').at(-1) ?? '';
        if (line.startsWith('{')) resolve(JSON.parse(line));
        // Neither is the driver's failing, and nothing of it may be remembered.
        else if (requestsToEnd.has(error?.signal ?? ''))
          reject(new InterruptedError('interrupted while looking for a device'));
        else if (errorCode(error) !== undefined)
          reject(new EnvironmentError(`no process can be started: ${error!.message}`));
        else if (error?.killed) resolve({ error: `no answer within ${timeout / 1000} s`, timedOut: true });
        else {
          const end = error?.signal ?? `exit code ${error?.code}`;
          resolve({ error: `the driver ended the process (${end})`, timedOut: false });
        }
      },
    );
  });
}
