/**
 * Takes the lock `argv[3]` of the store `argv[2]`, says so and on which host it is, and holds it until it is killed or told
 * to release. Says when the lock is lost. With `argv[4]` it claims to be on the host of that name.
 */
import { thisProcess } from '../../../../src/store/process-identity.js';
import { Store } from '../../../../src/store/store.js';
import { shortTiming } from '../temporary-store.js';

const [, , path, name, host = thisProcess().host] = process.argv;
const identity = { ...thisProcess(), host };
const claimed = await Store.open(path!, { identity, timing: shortTiming }).locks.acquire(name!, () => undefined);
if (!('lock' in claimed)) throw new TypeError('nothing makes this lock superfluous');
const { lock } = claimed;
lock.lost.addEventListener('abort', () => process.send!('lost'));
process.send!(host);
process.once('message', async () => {
  await lock.release();
  process.disconnect();
});
