/**
 * Does the steps 0…n−1 of the store `argv[2]` that nobody has done, as a runner on the host `argv[5]` does them, and appends
 * to `argv[4]` which it published and which it lost. Says when it is in the middle of step `argv[6]`, and stays there for
 * a while.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { thisProcess } from '../../../../src/store/process-identity.js';
import { Store } from '../../../../src/store/store.js';
import { actionOf, keyOf, shortTiming } from '../temporary-store.js';

const [, , path, steps, journal, host, slow] = process.argv;
const identity = { ...thisProcess(), host: host! };
const store = Store.open(path!, { identity, timing: shortTiming });
const tell = (what: string, step: number) => appendFileSync(journal!, `${what} ${step} ${host}\n`);
for (let step = 0; step < Number(steps); step++) {
  const key = keyOf(`${step}`);
  const claimed = await store.claim(key);
  if (!('lock' in claimed)) continue;
  const { lock } = claimed;
  writeFileSync(join(await store.scratch.take(key, lock.token), 'state'), `state of ${step}`);
  if (`${step}` === slow) {
    process.send!('in the middle');
    await sleep(500);
  }
  const output = await store.objects.put(`output of ${step} by ${host}`);
  if (await lock.isOurs()) {
    await store.actions.record(actionOf(`${step}`, { output }, { host: host! }));
    tell('published', step);
    await store.scratch.remove(key, lock.token);
  } else {
    tell('lost', step);
    step -= 1;
  }
  await lock.release();
}
process.disconnect?.();
