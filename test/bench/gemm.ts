/**
 * Speed of GEMM on the adapter of RUNFLOW_ADAPTER: `node dist/test/bench/gemm.js [MxNxK…]`. The best of several runs; all
 * shapes are gone through in every round, so that a busy moment of the machine does not fall on one of them.
 * GFLOP per CPU second counts all threads of the process, so it says what a core does even on a machine that is shared.
 */
import type { ElementType } from '../../src/gpu/element-access.js';
import { openGpu } from '../../src/gpu/open-gpu.js';
import { type Gemm, gemm } from '../../src/linalg/device/gemm.js';
import type { GemmVariant } from '../../src/linalg/device/gemm-variants.js';

const rounds = 4;
const roundSeconds = 0.25;

const gpu = await openGpu();
console.log(`${gpu.adapter.description} (${gpu.adapter.deviceClass})`);

interface Row {
  readonly name: string;
  readonly flop: number;
  readonly run: () => void;
  /** Runs a round, so that a round takes long enough to be measured. */
  repeat: number;
  seconds: number;
  cpuFlop: number;
  cpuSeconds: number;
}

function row(m: number, n: number, k: number, form: string, type: ElementType, variant: GemmVariant): Row {
  const bytes = (count: number) => count * (type === 'F32' ? 4 : 2);
  const zeros = (length: number, label: string) => gpu.upload(new Uint8Array(length), label);
  const [a, b, c] = [zeros(m * k * 4, 'A'), zeros(bytes(k * n), 'B'), zeros(m * n * 4, 'C')];
  const product: Gemm = {
    m,
    n,
    k,
    a: { buffer: a! },
    b: { buffer: b!, type },
    c: { buffer: c! },
    transposeA: form[0] === 'T',
    transposeB: form[1] === 'T',
  };
  return {
    name: `${m}×${n}×${k} ${form} ${type} ${variant}`,
    flop: 2 * m * n * k,
    run: () => gemm(gpu, product, { variant }),
    repeat: 1,
    seconds: Number.POSITIVE_INFINITY,
    cpuFlop: 0,
    cpuSeconds: 0,
  };
}

async function measure(row: Row): Promise<void> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let i = 0; i < row.repeat; i++) row.run();
  await gpu.settled();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  row.seconds = Math.min(row.seconds, seconds / row.repeat);
  row.cpuFlop += row.flop * row.repeat;
  row.cpuSeconds += (user + system) / 1e6;
}

const shapes = process.argv.slice(2).map((shape) => shape.split('x').map(Number) as [number, number, number]);
const rows =
  shapes.length > 0
    ? shapes.flatMap(([m, n, k]) => ['NN', 'NT', 'TN'].map((form) => row(m, n, k, form, 'F32', 'subgroup')))
    : [
        ...['NN', 'NT', 'TN'].map((form) => row(512, 512, 512, form, 'F32', 'subgroup')),
        row(512, 512, 512, 'NT', 'BF16', 'subgroup'),
        row(512, 1536, 1536, 'NT', 'BF16', 'subgroup'),
        row(64, 512, 64, 'NN', 'F32', 'subgroup'),
        row(1, 1536, 1536, 'NT', 'BF16', 'subgroup'),
        row(8, 1536, 1536, 'NT', 'BF16', 'subgroup'),
        row(512, 512, 512, 'NN', 'F32', 'tiled'),
        row(512, 512, 512, 'NT', 'F32', 'tiled'),
      ].filter(({ name }) => gpu.subgroupSize > 0 || name.includes('tiled'));

for (const row of rows) {
  const started = performance.now();
  row.run();
  await gpu.settled();
  const first = (performance.now() - started) / 1000;
  await measure(row);
  row.repeat = Math.max(1, Math.round(roundSeconds / row.seconds));
  Object.assign(row, { seconds: Number.POSITIVE_INFINITY, cpuFlop: 0, cpuSeconds: 0 });
  console.log(`${row.name}: first run with compilation ${first.toFixed(2)} s`);
}
for (let round = 0; round < rounds; round++) for (const row of rows) await measure(row);
for (const { name, flop, seconds, cpuFlop, cpuSeconds } of rows) {
  const gigaflops = (flop / seconds / 1e9).toFixed(2);
  console.log(`${name}: ${gigaflops} GFLOP/s, ${(cpuFlop / cpuSeconds / 1e9).toFixed(2)} GFLOP per CPU second`);
}
await gpu.close();
