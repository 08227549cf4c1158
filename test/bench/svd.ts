/**
 * Seconds and memory of the steps on one tensor: `node dist/test/bench/svd.js [ROWSxCOLUMNS[:DTYPE]…]`, e.g. 151936x1536:BF16.
 * Tensors and bases are files, as in a run; RUNFLOW_ADAPTER chooses the device.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Artifact } from '../../src/formats/artifact.js';
import { type FloatType, fromFloat32 } from '../../src/formats/float-conversion.js';
import type { JsonObject } from '../../src/formats/json.js';
import { bytesPerElement } from '../../src/formats/tensor.js';
import { openGpu } from '../../src/gpu/open-gpu.js';
import { fillNormal } from '../../src/linalg/normal.js';
import { RandomStream } from '../../src/linalg/philox.js';
import { energy } from '../../src/steps/energy.js';
import { overlap } from '../../src/steps/overlap.js';
import { randomBasis } from '../../src/steps/random-basis.js';
import type { StepContract } from '../../src/steps/step.js';
import { svd } from '../../src/steps/svd.js';
import { implementationOf } from '../../src/worker/implementations.js';
import { MemoryContext } from '../unit/steps/memory-context.js';

const gpu = await openGpu();
const folder = await mkdtemp(path.join(os.tmpdir(), 'runflow-bench-'));

/** A step's surroundings on disk. */
class FileContext extends MemoryContext {
  override gpu(): Promise<never> {
    return Promise.resolve(gpu) as Promise<never>;
  }

  override async read({ at, bytes }: Artifact, offset = 0, length = bytes - offset): Promise<Uint8Array<ArrayBuffer>> {
    const handle = await open(at!.file);
    const buffer = new Uint8Array(length);
    await handle.read(buffer, 0, length, at!.offset + offset);
    await handle.close();
    return buffer;
  }

  override async writer(output: string, tensor?: Artifact['tensor']) {
    const file = path.join(folder, randomUUID());
    const handle = await open(file, 'w');
    let bytes = 0;
    return {
      append: async (part: Uint8Array) => {
        bytes += part.length;
        await handle.write(part);
        return undefined;
      },
      close: async () => {
        await handle.close();
        const artifact: Artifact = { digest: 'sha256:', bytes, ...(tensor && { tensor }), at: { file, offset: 0 } };
        this.outputs[output] = artifact;
        return artifact;
      },
      abort: () => handle.close().then(() => undefined),
    };
  }

  override async write(output: string, bytes: Uint8Array, tensor?: Artifact['tensor']): Promise<Artifact> {
    const writer = await this.writer(output, tensor);
    await writer.append(bytes);
    return writer.close();
  }
}

async function tensorFile(rows: number, columns: number, dtype: FloatType, name: string): Promise<Artifact> {
  const writer = await new FileContext({}).writer(name, { dtype, shape: [rows, columns] });
  const stream = new RandomStream(1, name);
  const part = new Float32Array(columns);
  for (let row = 0; row < rows; row++) {
    fillNormal(stream, part, row * columns);
    await writer.append(fromFloat32(part, dtype));
  }
  return writer.close();
}

async function timed(step: StepContract, params: JsonObject, inputs: Record<string, Artifact>) {
  const groups = Object.fromEntries(Object.entries(inputs).map(([name, artifact]) => [name, { [name]: artifact }]));
  const context = new FileContext(params, groups);
  const start = performance.now();
  const cpu = process.cpuUsage();
  await (await implementationOf(step.kind))(context);
  const { user, system } = process.cpuUsage(cpu);
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(
    `  ${step.kind}: ${((performance.now() - start) / 1000).toFixed(2)} s, CPU ${((user + system) / 1e6).toFixed(2)} s; ` +
      `memory ${mebibytes(process.memoryUsage.rss())}, peak ${mebibytes(process.resourceUsage().maxRSS * 1024)}`,
  );
  return context.outputs;
}

console.log(gpu.adapter.description);
try {
  const shapes = process.argv.slice(2);
  for (const shape of shapes.length > 0 ? shapes : ['96x96', '256x96', '512x512', '1024x512']) {
    const [size, dtype = 'BF16'] = shape.split(':') as [string, FloatType?];
    const [rows, columns] = size.split('x').map(Number) as [number, number];
    console.log(`${rows}×${columns} ${dtype}, ${Math.round((rows * columns * bytesPerElement[dtype]) / 2 ** 20)} MiB`);
    const from = await tensorFile(rows, columns, dtype, 'from');
    const to = await tensorFile(rows, columns, dtype, 'to');
    const { u, s, v } = await timed(svd, {}, { from, to });
    const r = Math.min(rows, columns);
    const ranks = [0.01, 0.25, 0.5, 0.75, 0.99].map((fraction) => Math.max(1, Math.round(fraction * r)));
    await timed(energy, { mode: 'parallel', side: 'right', ranks }, { from, to, basis: v!, s: s! });
    await timed(energy, { mode: 'parallel', side: 'left', ranks }, { from, to, basis: u!, s: s! });
    await timed(overlap, {}, { 'a-u': u!, 'a-s': s!, 'b-u': u!, 'b-s': s! });
    await timed(randomBasis, { rows: columns, columns: r, seed: 1, stream: 'bench' }, {});
  }
} finally {
  await gpu.close();
  await rm(folder, { recursive: true });
}
