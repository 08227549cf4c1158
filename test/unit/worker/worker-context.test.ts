import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { digestOf } from '../../../src/formats/digest.js';
import { listObjects } from '../../../src/store/inventory.js';
import { Store } from '../../../src/store/store.js';
import type { Reply } from '../../../src/worker/protocol.js';
import { ResidentSlot } from '../../../src/worker/resident-slot.js';
import { WorkerContext } from '../../../src/worker/worker-context.js';

interface Context {
  folder: string;
  store: Store;
  context: WorkerContext;
  replies: Reply[];
}

const test = suite<Context>('surroundings of a step');

test.before.each((given) => {
  given.folder = mkdtempSync(join(tmpdir(), 'runflow-context-'));
  given.store = Store.open(given.folder);
  given.replies = [];
  const artifact = { digest: digestOf('x'), bytes: 1 };
  given.context = new WorkerContext(
    {
      step: 'svd[x]',
      kind: 'svd',
      key: digestOf('key'),
      lock: 't',
      params: { rank: 2 },
      store: given.folder,
      run: 'run',
      inputs: { one: { one: artifact }, model: { all: { 'tensor/a': artifact } } },
    },
    given.store,
    () => Promise.reject(new Error('no device here')),
    new ResidentSlot(),
    new AbortController().signal,
    (reply) => given.replies.push(reply),
  );
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}

const tensor = { dtype: 'F32', shape: [2, 2] } as const;

test('a result that is not finite fails by name, and nothing of it stays in the store', async ({ context, store }) => {
  const writer = await context.writer('u', tensor);
  const bytes = new Uint8Array(Float32Array.of(1, 2, Number.NaN, Number.POSITIVE_INFINITY).buffer);
  await writer.append(bytes.subarray(0, 5));
  await writer.append(bytes.subarray(5));
  const error = await rejection(writer.close());
  assert.instance(error, DataError);
  assert.match(error.message, /result u .* 2 elements .* element 2$/);
  await context.close();
  assert.equal(context.outputs, {});
  assert.equal(listObjects(store.folder), []);
});

test('finite results, and bytes that are no tensor, are stored as they are', async ({ context, store }) => {
  const values = new Uint8Array(Float32Array.of(1, -0, 3e38, 1e-45).buffer);
  const artifact = await context.write('u', values, tensor);
  assert.equal(artifact, { digest: digestOf(values), bytes: 16, tensor });
  await context.write('text', new Uint8Array([0xff, 0xff, 0xff, 0xff]));
  assert.equal(Object.keys(context.outputs), ['u', 'text']);
  assert.equal(await store.read(artifact), values);
});

test('an output is written once; inputs are asked for as they were declared', async ({ context }) => {
  await context.write('u', new Uint8Array(1));
  assert.match((await rejection(context.write('u', new Uint8Array(1)))).message, /"u" twice/);
  assert.is(context.input('one').bytes, 1);
  assert.equal(Object.keys(context.inputs('model')), ['tensor/a']);
  assert.throws(() => context.input('model'), /no single input "model"/);
  assert.throws(() => context.inputs('one'), /no input "one" of a whole node/);
});

test('progress is thinned out, but the last message always goes', ({ context, replies }) => {
  for (let done = 1; done <= 1000; done++) context.progress({ done, total: 1000 });
  assert.ok(replies.length < 100);
  assert.equal(replies.at(-1), { type: 'progress', step: 'svd[x]', done: 1000, total: 1000 });
});

test.run();
