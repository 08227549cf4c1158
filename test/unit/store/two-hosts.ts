import { join } from 'node:path';
import { Store } from '../../../src/store/store.js';
import { NfsClient } from './nfs-disk.js';
import { temporaryFolder } from './temporary-store.js';

/** Two hosts with clients of one NFS server; `pass` lets time go by on both. */
export async function twoHosts() {
  const path = join(temporaryFolder(), 'store');
  await Store.open(path).folder.prepare();
  let now = 1_000_000;
  const host = (name: string, clockShift: number) => {
    const client = new NfsClient(() => now);
    const identity = { host: name, pid: 1, start: 'boot-1' };
    const store = Store.open(path, {
      disk: client.disk,
      identity,
      hostName: `${name}.lab`,
      clock: () => now + clockShift,
    });
    return { client, store };
  };
  return {
    path,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    near: host('near', 0),
    far: host('far', 9e9),
  };
}
