/** Adds 1 to the value `n` of run `r` in the store `argv[2]`, `argv[3]` times; after `argv[4]` times it kills itself. */
import { Store } from '../../../../src/store/store.js';

const [, , path, times, fatal] = process.argv;
const store = Store.open(path!);
for (let time = 0; time < Number(times); time++) {
  if (String(time) === fatal) {
    await store.runValues.change<number>('r', 'n', (before) => {
      if (before === undefined) throw new Error('others come first');
      process.kill(process.pid, 'SIGKILL');
      return before + 1000;
    });
  }
  await store.runValues.change<number>('r', 'n', (before) => (before ?? 0) + 1);
}
