import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import type { InitParams } from '../../../src/steps/init.js';
import { Store } from '../../../src/store/store.js';
import type { Job } from '../../../src/worker/protocol.js';
import { ResidentSlot } from '../../../src/worker/resident-slot.js';
import { runInit } from '../../../src/worker/steps/init.js';
import { runMergeAdapter } from '../../../src/worker/steps/merge-adapter.js';
import { weightsAs } from '../../../src/worker/steps/model-input.js';
import { runPerturb } from '../../../src/worker/steps/perturb.js';
import { WorkerContext } from '../../../src/worker/worker-context.js';
import { turnMilliseconds } from '../../turn-clock.js';
import { MemoryContext } from './memory-context.js';

/**
 * A worker whose event loop stands still for a minute is taken for dead. Steps are tried on tensors that take about a
 * second here, and that real models have a hundred times larger: the loop must turn all along, not once a tensor.
 */
async function turnsDuring(what: string, run: () => Promise<unknown>): Promise<void> {
  let longest = 0;
  const started = turnMilliseconds();
  let last = started;
  const turn = () => {
    longest = Math.max(longest, turnMilliseconds() - last);
    last = turnMilliseconds();
  };
  const timer = setInterval(turn, 5);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  turn();
  const whole = turnMilliseconds() - started;
  const text = `${what}: ${whole.toFixed(0)} ms, ${longest.toFixed(0)} ms of them without a turn`;
  assert.ok(longest < 2000, text);
  assert.ok(longest < whole / 2, text);
}

const objects = new Map<string, Uint8Array>();

function stored(bytes: Uint8Array, tensor: Artifact['tensor']): Artifact {
  const digest = digestOf(bytes);
  objects.set(digest, bytes);
  return { digest, bytes: bytes.length, ...(tensor && { tensor }) };
}

test('perturbing a large matrix lets the event loop turn, alone and with directions of another update', async () => {
  const shape = [6000, 512];
  const matrix = (step: number) =>
    stored(new Uint8Array(Float32Array.from({ length: 6000 * 512 }, (_, i) => ((i * step) % 97) / 97).buffer), {
      dtype: 'F32',
      shape,
    });
  const parent = { 'tensor/w': matrix(7) };
  const params = { seed: 1, norm: 0.1, decay: 0.5 };
  await turnsDuring('perturb', () => runPerturb(new MemoryContext(params, { parent }, objects)));
  const shared = { parent, 'share-from': parent, 'share-to': { 'tensor/w': matrix(11) } };
  await turnsDuring('perturb with shared directions', () =>
    runPerturb(new MemoryContext({ ...params, share: 0.5 }, shared, objects)),
  );
});

test('merging an adapter into a large matrix lets the event loop turn', async () => {
  const [rows, columns, rank] = [6000, 1024, 64];
  const matrix = (...shape: [number, number]) =>
    stored(new Uint8Array(Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => (i % 89) / 89).buffer), {
      dtype: 'F32',
      shape,
    });
  const one = (artifact: Artifact) => ({ one: artifact });
  const inputs = {
    base: { 'tensor/w': matrix(rows, columns) },
    'a/w': one(matrix(rank, columns)),
    'b/w': one(matrix(rows, rank)),
  };
  await turnsDuring('merge', () => runMergeAdapter(new MemoryContext({ scales: { w: 2 } }, inputs, objects)));
});

test('a perturbation stops soon when it is cancelled, and says how far it has come', async () => {
  const stop = new AbortController();
  const shape = [6000, 512];
  const parent = { 'tensor/w': stored(new Uint8Array(6000 * 512 * 4).fill(61), { dtype: 'F32', shape }) };
  const context = new MemoryContext({ seed: 1, norm: 0.1, decay: 0.5 }, { parent }, objects, stop.signal);
  const running = runPerturb(context);
  setTimeout(() => stop.abort(), 100);
  const ended = await running.then(
    () => 'done',
    (error: Error) => error.name,
  );
  assert.is(ended, 'AbortError');
  assert.is(context.outputs['tensor/w'], undefined);
});

test('making the weights of a large vocabulary lets the event loop turn', async () => {
  const architecture = {
    family: 'llama',
    hidden: 64,
    layers: 1,
    heads: 2,
    kvHeads: 2,
    headDim: 32,
    mlp: 64,
    vocabulary: 60_000,
    tied: true,
    ropeTheta: 1e4,
    normEpsilon: 1e-6,
    contextLength: 64,
  };
  const params = { architecture, initializerRange: 0.02, seed: 1, dtype: 'BF16' } as unknown as InitParams;
  await turnsDuring('init', () => runInit(new MemoryContext({ ...params }, {}, objects)));
});

test('converting and storing large tensors lets the event loop turn', async () => {
  const numbers = new Uint8Array(2 ** 26).fill(62);
  await turnsDuring('F16 → BF16', () => weightsAs({ bytes: numbers, dtype: 'F16' }, 'BF16'));
  const folder = await mkdtemp(join(tmpdir(), 'runflow-event-loop-'));
  try {
    const store = Store.open(join(folder, 'store'));
    const job: Job = {
      step: 's',
      kind: 'k',
      key: digestOf('k'),
      lock: 't',
      params: {},
      inputs: {},
      run: 'run',
      store: store.path,
    };
    const noGpu = () => Promise.reject(new Error('no device here'));
    const signal = new AbortController().signal;
    const context = new WorkerContext(job, store, noGpu, new ResidentSlot(), signal, () => undefined);
    await turnsDuring('write', () => context.write('w', numbers, { dtype: 'F32', shape: [2 ** 24] }));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
