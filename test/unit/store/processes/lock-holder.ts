/** Takes the lock `argv[3]` of the store `argv[2]`, says so, and holds it until it is killed or told to release. */
import { Store } from '../../../../src/store/store.js';

const [, , path, name] = process.argv;
const { lock } = (await Store.open(path!).locks.acquire(name!, () => undefined)) as {
  lock: { release(): Promise<void> };
};
process.send!('held');
process.once('message', async () => {
  await lock.release();
  process.disconnect();
});
