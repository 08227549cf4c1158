import { deviceNamed, type PublishedDevice, publishedDevices, ratesOfDevice, traitsOfDevice } from '../cost/devices.js';
import { UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { type Estimated, type EstimatedMachine, estimateWorkflow } from '../estimate/estimate.js';
import { knownPrograms } from '../run/programs/trust.js';
import { realDisk } from '../store/disk.js';
import { storeLocation } from '../store/location.js';
import { freeBytes } from '../store/size-limit.js';
import { Store } from '../store/store.js';
import type { Study } from '../workflow/study.js';
import { assumptionsOf } from './assumptions.js';
import type { Invocation } from './command.js';
import { folderOption } from './folder-option.js';
import { loadOptions, studyNamed } from './load-workflow.js';
import {
  deviceRatesOf,
  deviceSpeed,
  hostRatesOf,
  hostSpeed,
  type KnownDevice,
  type KnownHost,
  traitsOf,
} from './machine-speed.js';
import { connectRemote } from './remote-option.js';

/** An estimate, and what it is for. */
export interface EstimateFor {
  readonly study: Study;
  readonly estimated: Estimated;
  readonly host: KnownHost;
  /** This machine's device, or another of which there are published figures. */
  readonly device: EstimatedDevice;
  /** Folder of the store, and bytes that its disk has left. */
  readonly store: { readonly path: string; readonly free: number };
  readonly assumed: readonly string[];
}

export type EstimatedDevice = { readonly here: KnownDevice } | { readonly published: PublishedDevice };

/** Plans and estimates what an invocation names. @param tell what is going on meanwhile */
export async function estimateFor(
  invocation: Invocation,
  targets: readonly string[],
  tell: (line: string) => void,
): Promise<EstimateFor> {
  const study = await studyNamed(invocation.positionals[0]!, loadOptions(invocation));
  const published = wantedDevice(invocation.value('device'));
  const assumed = invocation.values('assume');
  const assumptions = assumptionsOf(assumed, study);
  const path = storeLocation(folderOption(invocation, 'store'), process.env);
  const store = Store.open(path);
  await connectRemote(store, invocation, { keep: false, warn: (message) => tell(`warning: ${message}`) });
  const told = (what: string) => () => tell(`measuring ${what}, once; it takes some seconds`);
  const host = await hostSpeed(process.env, path, told('the processor and the disk'));
  const device =
    published === undefined ? { here: await deviceSpeed(process.env, told('this device')) } : { published };
  const estimated = await estimateWorkflow({
    study,
    store,
    targets,
    force: invocation.values('force'),
    allowed: knownPrograms(
      study.cells.map(({ workflow }) => workflow),
      invocation.switch('allow-commands'),
    ),
    machine: machineOf(host, device),
    assumed: assumptions,
    onAsk: (what) => tell(`asking the hub about ${what}`),
  });
  return { study, estimated, host, device, store: { path, free: freeBytes(path, realDisk) }, assumed };
}

function wantedDevice(name: string | undefined): PublishedDevice | undefined {
  if (name === undefined) return undefined;
  const device = deviceNamed(name);
  if (device !== undefined) return device;
  const names = publishedDevices.map((one) => one.name);
  const near = nearest(name, names);
  throw new UsageError(`--device ${name}: runflow has no figures of it`, {
    hint: near === undefined ? `It has those of ${names.join(', ')}.` : didYouMean(name, near),
  });
}

function machineOf({ speed: around }: KnownHost, device: EstimatedDevice): EstimatedMachine {
  const host = hostRatesOf(around);
  if ('published' in device) return { traits: traitsOfDevice(), device: ratesOfDevice(device.published), host };
  const { deviceClass, speed } = device.here;
  const rates = deviceRatesOf(speed);
  return { traits: traitsOf(speed), device: { least: rates, most: rates }, host, deviceClass };
}
