import { EnvironmentError, UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { InstalledDevice } from './installed-devices.js';

/**
 * The devices that `--devices` means, one worker each: `all` (every card; without one the software device that is found
 * first), or a list of their numbers or names as `runflow doctor` lists them. A software device may be named several times.
 *
 * @throws UsageError for what is no device, for a card that is named twice, and for devices of several classes, whose
 * results differ; EnvironmentError when there is none, or Dawn cannot tell one from another
 */
export function chosenDevices(wanted: string, installed: readonly InstalledDevice[]): readonly InstalledDevice[] {
  const chosen =
    wanted.trim() === 'all' ? allOf(installed) : wanted.split(',').map((one) => oneOf(one.trim(), installed));
  for (const [index, device] of chosen.entries()) {
    if (device.confusedWith !== undefined) {
      const hint =
        'Vulkan and Dawn know cards by their names alone. Let the batch system confine each job to its card, or use one card.';
      throw new EnvironmentError(`${device.selector} cannot be told apart from ${device.confusedWith}`, { hint });
    }
    if (!device.isSoftware && chosen.indexOf(device) !== index) {
      throw new UsageError(`--devices names ${device.selector} twice`, { hint: 'A card serves one worker.' });
    }
  }
  const other = chosen.find(({ deviceClass }) => deviceClass !== chosen[0]!.deviceClass);
  if (other !== undefined) {
    const first = chosen[0]!;
    const hint = 'Results of several classes differ. Name devices of one class.';
    throw new UsageError(
      `${other.selector} (${other.deviceClass}) is of another class than ${first.selector} (${first.deviceClass})`,
      { hint },
    );
  }
  return chosen;
}

function allOf(installed: readonly InstalledDevice[]): readonly InstalledDevice[] {
  const cards = installed.filter(({ isSoftware }) => !isSoftware);
  const chosen = cards.length > 0 ? cards : installed.slice(0, 1);
  if (chosen.length > 0) return chosen;
  throw new EnvironmentError('there is no device', { hint: 'runflow doctor says what to install.' });
}

function oneOf(wanted: string, installed: readonly InstalledDevice[]): InstalledDevice {
  const found = /^\d+$/.test(wanted)
    ? installed[Number(wanted)]
    : installed.find(({ selector }) => selector.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  const names = installed.map(({ selector }) => selector);
  const listed = names.map((name, number) => `${number} (${name})`).join(', ') || 'none';
  const meant = nearest(wanted, names);
  const hint = `${meant === undefined ? '' : `${didYouMean(wanted, meant)} `}Devices here: ${listed}; or all.`;
  throw new UsageError(`--devices: there is no device ${wanted === '' ? 'without a name' : wanted}`, { hint });
}
