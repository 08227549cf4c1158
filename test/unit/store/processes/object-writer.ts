/** Writes objects of several chunks to the store `argv[2]` for ever, each named by an action, until it is killed. */
import { randomBytes } from 'node:crypto';
import { Store } from '../../../../src/store/store.js';
import { actionOf } from '../temporary-store.js';

const store = Store.open(process.argv[2]!);
for (let step = 0; ; step++) {
  const writer = await store.objects.writer();
  for (let part = 0; part < 3; part++) await writer.append(randomBytes(64 * 1024));
  const name = `${process.pid} ${step}`;
  await store.actions.record(actionOf(name, { output: await writer.close() }));
  process.send!(name);
}
