/**
 * Measures what the promises about the store's speed rest on: node dist/test/bench/store.js [FOLDER].
 * Looks up 10,000 actions as a fully cached run does, hashes a large file, stores small and large objects, collects.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Action } from '../../src/formats/action.js';
import { digestOf } from '../../src/formats/digest.js';
import { collect } from '../../src/store/collect.js';
import { Store } from '../../src/store/store.js';

const steps = 10_000;
const largeBytes = 1 << 29;
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'runflow-bench-'));
const store = Store.open(join(folder, 'store'));

const keyOf = (step: number) => digestOf(`step ${step}`);

function actionOf(step: number, outputs: Action['outputs']): Action {
  const input = (name: string) => ({
    node: `svd[${name},model.layers.${step}.mlp.up_proj.weight]`,
    output: 'u',
    digest: digestOf(name),
    tensor: { dtype: 'F32' as const, shape: [2048, 2048] },
  });
  return {
    key: keyOf(step),
    kind: 'energy',
    revision: 1,
    params: { mode: 'parallel', side: 'right', fractions: [0.01, 0.25, 0.5, 0.75, 0.99], seed: step },
    inputs: { from: input('from'), to: input('to'), basis: input('basis') },
    deviceClass: 'vulkan/mesa/llvmpipe',
    outputs,
    workflow: 'bench',
    step: `energy[useful,top-k,model.layers.${step}.mlp.up_proj.weight]`,
    started: new Date(0).toISOString(),
    seconds: 1,
    versions: { runflow: '0.1.0', node: process.versions.node, dawn: '0.6.2' },
  };
}

async function measure(what: string, work: () => unknown, per?: (seconds: number) => string): Promise<void> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const detail = per === undefined ? '' : `, ${per(seconds)}`;
  console.log(`${what}: ${seconds.toFixed(3)} s (${((user + system) / 1e6).toFixed(3)} s of CPU)${detail}`);
}

const perStep = (seconds: number) => `${((seconds / steps) * 1e6).toFixed(0)} µs each`;
const perSecond = (seconds: number) => `${(largeBytes / seconds / 1e9).toFixed(2)} GB/s`;

try {
  await measure(
    `store ${steps} small objects and actions`,
    async () => {
      for (let step = 0; step < steps; step++) {
        const output = await store.objects.put(`${step}`.repeat(50));
        await store.actions.record(actionOf(step, { energy: output }));
      }
    },
    perStep,
  );
  const fresh = Store.open(store.path);
  await measure(`plan: look up ${steps} cached steps`, () => lookUpAll(fresh), perStep);
  const run = await fresh.runs.begin({ name: 'bench', file: 'bench.yaml' });
  await measure(`run: look up ${steps} cached steps, noting each`, () => lookUpAll(fresh, run), perStep);
  await run.finish('done');
  const nearest = Store.open(store.path).nearestAction({ file: 'bench.yaml' });
  await measure(
    `explain: find ${steps} earlier actions`,
    () => {
      for (let step = 0; step < steps; step++) nearest(actionOf(step, {}).step, undefined);
    },
    perStep,
  );

  const part = Buffer.alloc(8 << 20, 'large');
  const writer = await store.objects.writer();
  await measure(
    'store an object of 512 MiB',
    async () => {
      for (let done = 0; done < largeBytes; done += part.length) await writer.append(part);
    },
    perSecond,
  );
  const large = await writer.close();
  await measure('first read of 4 KiB of it, which checks all of it', () => store.read(large, 5, 4096), perSecond);
  await measure('second read of 4 KiB of it', () => store.read(large, 5, 4096));
  const ranges = Array.from({ length: 64 }, (_, i) => ({ offset: (i * largeBytes) / 64, bytes: largeBytes / 64 }));
  const file = store.folder.object(large.digest);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  await measure('hash a file of 512 MiB in 64 ranges', () => store.files.hash(file, ranges), perSecond);
  await measure('hash it again, remembered', () => Store.open(store.path).files.hash(file, ranges));
  await measure('collect garbage, nothing to free', () => collect(store, { limit: () => Number.POSITIVE_INFINITY }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function lookUpAll(from: Store, run?: Awaited<ReturnType<typeof from.runs.begin>>): void {
  for (let step = 0; step < steps; step++) {
    const found = from.lookUp(keyOf(step), run && { run, step: actionOf(step, {}).step });
    if (found.status !== 'hit') throw new Error(`step ${step}: ${found.status}`);
  }
}
