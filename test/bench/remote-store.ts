/**
 * What a remote store costs: `node dist/test/bench/remote-store.js [MIB]`. Prints MB/s of push and pull for a folder and for a
 * server of S3 in this process (with signatures and digests on both sides), and requests and seconds for 1,000 steps, also
 * with a round trip of 20 ms.
 *
 * On two busy cores (load 8) and one disk: folder push 236 and pull 134 MB/s, bucket push 103 and pull 187 MB/s. 1,000 steps: 1,001 requests
 * for the look-up (1.4 s, and 1.5 s at 20 ms), 1,000 for the pull (2.8 s at 20 ms), 4,003 for the push (6.8 s at 20 ms): each
 * record and object is looked for, then sent.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../src/formats/digest.js';
import { FolderRemote } from '../../src/remote/folder-remote.js';
import { openRemote } from '../../src/remote/open-remote.js';
import { planPush, push } from '../../src/remote/push.js';
import { ReadThrough } from '../../src/remote/read-through.js';
import type { RemoteStore } from '../../src/remote/remote-store.js';
import { Store } from '../../src/store/store.js';
import { FakeS3 } from '../unit/remote/fake-s3.js';
import { recordOf } from '../unit/remote/remote-fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'runflow-bench-'));
const mebibytes = Number(process.argv[2] ?? 256);
const server = new FakeS3();

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** A store with `count` steps of one output each. */
async function made(name: string, count: number, bytes: number) {
  const store = Store.open(join(folder, name));
  const keys: Digest[] = [];
  for (let i = 0; i < count; i++) {
    const action = recordOf(`${name} ${i}`, { out: await store.objects.put(randomBytes(bytes)) });
    await store.actions.record(action);
    keys.push(action.key);
  }
  return { store, keys };
}

async function measure(
  name: string,
  remote: RemoteStore,
  { store, keys }: Awaited<ReturnType<typeof made>>,
  bytes: number,
) {
  const asked = () => server.requests.length;
  const rate = (time: number) => `${((keys.length * bytes) / time / 1e6).toFixed(0)} MB/s`;
  let before = asked();
  const sent = await seconds(async () => {
    await push(store, remote, await planPush(store, remote, keys, { sources: true }), {});
  });
  const sentBy = asked() - before;
  before = asked();
  const other = Store.open(join(folder, `${name} of another`));
  const reader = new ReadThrough(other, remote, { warn: console.log, isRequired: true });
  const found = await seconds(() => reader.ask(keys));
  const askedBy = asked() - before;
  const taken = await seconds(() => reader.take(keys));
  const text = [`push ${sent.toFixed(2)} s (${rate(sent)}, ${sentBy} requests)`];
  text.push(`look-up ${found.toFixed(2)} s (${askedBy} requests, at most ${server.mostOpen} at a time)`);
  text.push(`pull ${taken.toFixed(2)} s (${rate(taken)}, ${asked() - before - askedBy} requests)`);
  console.log(`${name}: ${text.join(', ')}`);
}

try {
  await server.start();
  const bucket = (prefix: string) => openRemote(`s3://bucket/${prefix}`, server.environment, { isRequired: true });
  const large = await made('large', 16, (mebibytes << 20) / 16);
  await measure('large outputs, folder', new FolderRemote(join(folder, 'remote')), large, (mebibytes << 20) / 16);
  await measure('large outputs, bucket', await bucket('large'), large, (mebibytes << 20) / 16);
  const small = await made('small', 1000, 200);
  await measure('1,000 steps, folder', new FolderRemote(join(folder, 'remote')), small, 200);
  await measure('1,000 steps, bucket', await bucket('small'), small, 200);
  server.delayMilliseconds = 20;
  await measure('1,000 steps, bucket 20 ms away', await bucket('far'), small, 200);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
