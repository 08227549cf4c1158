import { EnvironmentError } from '../../diagnostics/errors.js';
import { digestOf, hexOf } from '../../formats/digest.js';
import type { Lock } from '../../store/locks.js';
import type { Store } from '../../store/store.js';

/**
 * Claims a card of this host, as long as the lock is held: of the runs that share the store one works on it.
 * @param slot the card's PCI address, or its name where the system does not tell
 * @throws EnvironmentError when another runner has it
 */
export async function claimDeviceSlot(store: Store, slot: string): Promise<Lock> {
  const { hostName, identity } = store.folder.participant;
  const lock = await store.locks.tryAcquire(`device-${hexOf(digestOf(`${identity.host} ${slot}`)).slice(0, 32)}`);
  if (lock !== undefined) return lock;
  throw new EnvironmentError(`another runner works on the device ${slot} of ${hostName}`, {
    hint: 'Wait until it has ended, or name another device with --devices.',
  });
}
