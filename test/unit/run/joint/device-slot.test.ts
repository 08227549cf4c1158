import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError } from '../../../../src/diagnostics/errors.js';
import { claimDeviceSlot } from '../../../../src/run/joint/device-slot.js';
import { twoHosts } from '../../store/two-hosts.js';

test('a card of a host serves one runner at a time, and cards of other hosts are others', async () => {
  const { near, far } = await twoHosts();
  const held = await claimDeviceSlot(near.store, '0000:01:00.0');
  const refused = await claimDeviceSlot(near.store, '0000:01:00.0').catch((error: unknown) => error);
  assert.instance(refused, EnvironmentError);
  assert.is((refused as Error).message, 'another runner works on the device 0000:01:00.0 of near.lab');
  const others = [await claimDeviceSlot(near.store, '0000:02:00.0'), await claimDeviceSlot(far.store, '0000:01:00.0')];
  await held.release();
  const again = await claimDeviceSlot(near.store, '0000:01:00.0');
  for (const lock of [...others, again]) await lock.release();
});

test.run();
