/**
 * Claims the steps 0…n−1 of the store `argv[2]` one after the other, does those that nobody has done, and appends a
 * line to `argv[4]` when one begins and when it ends. Kills itself in the middle of step `argv[5]`, if it gets it.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Store } from '../../../../src/store/store.js';
import { actionOf, keyOf } from '../temporary-store.js';

const [, , path, steps, journal, fatal] = process.argv;
const store = Store.open(path!);
for (let step = 0; step < Number(steps); step++) {
  const key = keyOf(String(step));
  if (store.lookUp(key).status === 'hit') continue;
  const claimed = await store.claim(key);
  if (!('lock' in claimed)) continue;
  appendFileSync(journal!, `begin ${step} ${process.pid}\n`);
  if (String(step) === fatal) process.kill(process.pid, 'SIGKILL');
  await sleep(5);
  const output = await store.objects.put(`output of ${step}`);
  await store.actions.record(actionOf(String(step), { output }));
  appendFileSync(journal!, `end ${step} ${process.pid}\n`);
  await claimed.lock.release();
}
