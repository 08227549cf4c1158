import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../src/formats/digest.js';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { ResidentSlot } from '../../../src/worker/resident-slot.js';
import { WorkerContext } from '../../../src/worker/worker-context.js';

/** What one step leaves on the device for the next. */

const [one, two] = [digestOf('one'), digestOf('two')];

/** Notes when its residents are made and released. */
class Workshop {
  readonly log: string[] = [];

  make(name: string): () => Promise<{ release(): void; name: string }> {
    return async () => {
      this.log.push(`make ${name}`);
      return { name, release: () => void this.log.push(`release ${name}`) };
    };
  }
}

async function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );
}

test('what is there is taken, and made once', async () => {
  const [slot, shop] = [new ResidentSlot(), new Workshop()];
  const first = await slot.take(one, shop.make('model'));
  assert.is(await slot.take(one, shop.make('another')), first);
  assert.equal(shop.log, ['make model']);
});

test('anything else makes room first: two never stand on the device together', async () => {
  const [slot, shop] = [new ResidentSlot(), new Workshop()];
  await slot.take(one, shop.make('one'));
  assert.is((await slot.take(two, shop.make('two'))).name, 'two');
  assert.is((await slot.take(one, shop.make('one again'))).name, 'one again');
  assert.equal(shop.log, ['make one', 'release one', 'make two', 'release two', 'make one again']);
});

test('what could not be made is not there, nor is what made room for it', async () => {
  const [slot, shop] = [new ResidentSlot(), new Workshop()];
  await slot.take(one, shop.make('one'));
  assert.is(await failure(slot.take(two, () => Promise.reject(new Error('no memory')))), 'no memory');
  assert.is((await slot.take(two, shop.make('two'))).name, 'two');
  slot.release();
  slot.release();
  assert.is((await slot.take(two, shop.make('two again'))).name, 'two again');
  assert.equal(shop.log, ['make one', 'release one', 'make two', 'release two', 'make two again']);
});

function step(slot: ResidentSlot, shop: Workshop): WorkerContext {
  const gpu = async () => {
    shop.log.push('device');
    return {} as Gpu;
  };
  const job = {
    step: 'loss[x]',
    kind: 'loss',
    key: digestOf('key'),
    lock: 't',
    params: {},
    store: '/nowhere',
    run: 'run',
    inputs: {},
  };
  return new WorkerContext(job, undefined as never, gpu, slot, new AbortController().signal, () => undefined);
}

test('a step that takes the model of the step before it finds it, also once it asks for the device', async () => {
  const [slot, shop] = [new ResidentSlot(), new Workshop()];
  const before = step(slot, shop);
  const model = await before.resident(one, async () => {
    await before.gpu();
    return shop.make('model')();
  });
  await before.gpu();
  const after = step(slot, shop);
  assert.is(await after.resident(one, shop.make('another')), model);
  await after.gpu();
  assert.equal(shop.log, ['device', 'make model', 'device', 'device']);
});

test('a step that wants the device for anything else has it for itself, and one that needs none leaves the model', async () => {
  const [slot, shop] = [new ResidentSlot(), new Workshop()];
  await step(slot, shop).resident(one, shop.make('model'));
  step(slot, shop).progress({ done: 1, total: 1 });
  await step(slot, shop).resident(one, shop.make('another'));
  await step(slot, shop).gpu();
  assert.equal(shop.log, ['make model', 'release model', 'device']);
  await step(slot, shop).resident(one, shop.make('model again'));
  assert.is(shop.log.at(-1), 'make model again');
});

test.run();
