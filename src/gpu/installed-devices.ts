import { EnvironmentError } from '../diagnostics/errors.js';
import { chooseDriver, listedAdapters } from './driver.js';
import { pciAddresses } from './pci-address.js';

/** A device that this machine has, as `--devices` counts them. */
export interface InstalledDevice {
  /** Value of RUNFLOW_ADAPTER that selects it. */
  readonly selector: string;
  readonly description: string;
  readonly deviceClass: string;
  readonly isSoftware: boolean;
  /** PCI address, `0000:01:00.0`; undefined where the system does not tell it, and of software. */
  readonly address: string | undefined;
  /** Name of another device that Dawn may take in its place; undefined where it can be told from all others. */
  readonly confusedWith: string | undefined;
}

const softwareSelectors = ['lavapipe', 'swiftshader'];

/**
 * Cards in the order of Dawn, then software devices. Dawn chooses a card by a part of its name: of two cards of one name it
 * always takes the first, and so it does of a card whose name is a part of the name of one before it.
 */
export async function installedDevices(environment: NodeJS.ProcessEnv): Promise<readonly InstalledDevice[]> {
  const names = await listedAdapters(environment);
  const devices: InstalledDevice[] = [];
  for (const [index, name] of names.entries()) {
    const confusedWith = names.find((other, place) => place !== index && other.includes(name));
    const device = await deviceOf(name, environment);
    if (device === undefined || device.isSoftware) continue;
    const addresses = confusedWith === undefined ? pciAddresses(name) : [];
    devices.push({ ...device, confusedWith, address: addresses.length === 1 ? addresses[0] : undefined });
  }
  for (const selector of softwareSelectors) {
    const device = await deviceOf(selector, environment);
    if (device !== undefined) devices.push(device);
  }
  return devices;
}

async function deviceOf(selector: string, environment: NodeJS.ProcessEnv): Promise<InstalledDevice | undefined> {
  try {
    const { adapter } = await chooseDriver({ ...environment, RUNFLOW_ADAPTER: selector });
    const { description, deviceClass, software: isSoftware } = adapter;
    return { selector, description, deviceClass, isSoftware, address: undefined, confusedWith: undefined };
  } catch (error) {
    if (error instanceof EnvironmentError) return undefined;
    throw error;
  }
}
