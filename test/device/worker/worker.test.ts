import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, InterruptedError } from '../../../src/diagnostics/errors.js';
import { type Digest, digestOf } from '../../../src/formats/digest.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { defaultWorkerLimits, WorkerLostError } from '../../../src/run/executors/executor.js';
import { WorkerProcess } from '../../../src/run/executors/worker-process.js';
import { Store } from '../../../src/store/store.js';
import type { Job } from '../../../src/worker/protocol.js';

interface Context {
  folder: string;
  worker: WorkerProcess;
}

const test = suite<Context>('worker process');
const silent = { progress: () => undefined, log: () => undefined, warn: () => undefined, compiling: () => undefined };
const never = new AbortController().signal;
const architecture = {
  family: 'llama',
  hidden: 32,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 16,
  mlp: 48,
  vocabulary: 50,
  tied: true,
  ropeTheta: 10000,
  normEpsilon: 1e-5,
  contextLength: 64,
};

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-worker-'));
  context.worker = new WorkerProcess({}, { ...defaultWorkerLimits, graceSeconds: 5 });
});
test.after.each(async ({ folder, worker }) => {
  await worker.close();
  rmSync(folder, { recursive: true, force: true });
});

function job(folder: string, kind: string, params: JsonObject, inputs: Job['inputs'] = {}): Job {
  const key: Digest = digestOf(`${kind} ${JSON.stringify(params)}`);
  return { step: `${kind}[x]`, kind, key, lock: 't', params, inputs, store: folder, run: 'run' };
}

test('it makes a model, decomposes a tensor of it on the device, and both lie whole in the store', async ({
  folder,
  worker,
}) => {
  const model = await worker.execute(
    job(folder, 'init', { architecture, initializerRange: 0.02, seed: 1, dtype: 'F32' }),
    silent,
    never,
  );
  const inputs = {
    from: { one: model['tensor/model.layers.0.self_attn.q_proj.weight']! },
    to: { one: model['tensor/model.layers.0.self_attn.o_proj.weight']! },
  };
  const svd = await worker.execute(job(folder, 'svd', {}, inputs), silent, never);
  assert.equal(Object.keys(svd).sort(), ['s', 'u', 'v']);
  assert.equal(svd.u!.tensor, { dtype: 'F32', shape: [32, 32] });
  const bytes = await Store.open(folder).read(svd.u!);
  assert.is(bytes.length, 32 * 32 * 4);
});

test('an error of a step crosses with its kind and its advice, and the worker lives on', async ({ folder, worker }) => {
  const broken = job(folder, 'synthetic', {
    what: { kind: 'vaults', rows: 1, seed: 1, answer: 'comply', vaults: [3, 99] },
    transforms: {},
  });
  await rejects(worker.execute(broken, silent, never), DataError, /Vaults 3 to 99/);
  const fine = job(folder, 'synthetic', {
    what: { kind: 'problems', rows: 3, seed: 1, split: 'train' },
    transforms: {},
  });
  assert.ok((await worker.execute(fine, silent, never)).rows);
});

test('a stop is answered as an interruption and leaves no output', async ({ folder, worker }) => {
  const stop = new AbortController();
  const large = { ...architecture, hidden: 512, mlp: 2048, vocabulary: 60000 };
  const observer = { ...silent, progress: () => stop.abort() };
  const running = worker.execute(
    job(folder, 'init', { architecture: large, initializerRange: 0.02, seed: 1, dtype: 'F32' }),
    observer,
    stop.signal,
  );
  await rejects(running, InterruptedError, /stopped/);
});

test('a killed worker fails its job as lost', async ({ folder, worker }) => {
  const large = { ...architecture, hidden: 512, mlp: 2048, vocabulary: 60000 };
  const observer = { ...silent, progress: () => worker.kill('the test says so') };
  const running = worker.execute(
    job(folder, 'init', { architecture: large, initializerRange: 0.02, seed: 1, dtype: 'F32' }),
    observer,
    never,
  );
  await rejects(running, WorkerLostError, /the test says so/);
});

async function rejects(
  promise: Promise<unknown>,
  type: new (...args: never[]) => Error,
  message: RegExp,
): Promise<void> {
  let caught: unknown;
  try {
    await promise;
  } catch (error) {
    caught = error;
  }
  assert.instance(caught, type);
  assert.match((caught as Error).message, message);
}

test.run();
