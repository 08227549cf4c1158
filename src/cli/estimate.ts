import { deviceNamed, type PublishedDevice, publishedDevices, ratesOfDevice, traitsOfDevice } from '../cost/devices.js';
import { UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { type Estimated, type EstimatedMachine, estimateWorkflow } from '../estimate/estimate.js';
import { knownPrograms } from '../run/programs/trust.js';
import { storeLocation } from '../store/location.js';
import { Store } from '../store/store.js';
import type { Study } from '../workflow/study.js';
import { assumptionsOf } from './assumptions.js';
import type { Invocation } from './command.js';
import { folderOption } from './folder-option.js';
import { loadOptions, studyNamed } from './load-workflow.js';
import { deviceRatesOf, hostRatesOf, type KnownSpeed, machineSpeed, traitsOf } from './machine-speed.js';

/** An estimate, and what it is for. */
export interface EstimateFor {
  readonly study: Study;
  readonly estimated: Estimated;
  /** Whose host and disk it is, and whose device where there is no other. */
  readonly here: KnownSpeed;
  readonly device: PublishedDevice | undefined;
  readonly assumed: readonly string[];
}

/** Plans and estimates what an invocation names. @param tell what is going on meanwhile */
export async function estimateFor(
  invocation: Invocation,
  targets: readonly string[],
  tell: (line: string) => void,
): Promise<EstimateFor> {
  const study = await studyNamed(invocation.positionals[0]!, loadOptions(invocation));
  const device = wantedDevice(invocation.value('device'));
  const assumed = invocation.values('assume');
  const assumptions = assumptionsOf(assumed, study);
  const here = await machineSpeed(process.env, () => tell('measuring this machine, once; it takes some seconds'));
  const store = Store.open(storeLocation(folderOption(invocation, 'store'), process.env));
  const estimated = await estimateWorkflow({
    study,
    store,
    targets,
    force: invocation.values('force'),
    allowed: knownPrograms(
      study.cells.map(({ workflow }) => workflow),
      invocation.switch('allow-commands'),
    ),
    machine: machineOf(here, device),
    assumed: assumptions,
    onAsk: (what) => tell(`asking the hub about ${what}`),
  });
  return { study, estimated, here, device, assumed };
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

function machineOf({ deviceClass, speed }: KnownSpeed, device: PublishedDevice | undefined): EstimatedMachine {
  const host = hostRatesOf(speed);
  if (device !== undefined) return { traits: traitsOfDevice(device), device: ratesOfDevice(device), host };
  const rates = deviceRatesOf(speed);
  return { traits: traitsOf(speed), device: { least: rates, most: rates }, host, deviceClass };
}
