/**
 * Seconds of a near-exact Gram matrix from integer digits on the device, from f64 on the host, and of a plain f32 one on the
 * device: `node dist/test/bench/exact-gram.js [ROWSxCOLUMNS…]`.
 */
import { openGpu } from '../../src/gpu/open-gpu.js';
import { DeviceArithmetic } from '../../src/linalg/device/arithmetic.js';
import { exactGram } from '../../src/linalg/device/exact-gram.js';
import { hostCompute } from '../../src/linalg/host/compute.js';
import { fillNormal } from '../../src/linalg/normal.js';
import { RandomStream } from '../../src/linalg/philox.js';

const gpu = await openGpu();
const arithmetic = new DeviceArithmetic(gpu);
console.log(gpu.adapter.description);

async function best(compute: () => Promise<unknown>): Promise<string> {
  let seconds = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    await compute();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds.toFixed(3);
}

const shapes = process.argv.slice(2);
for (const shape of shapes.length > 0 ? shapes : ['96x96', '512x512', '2048x512']) {
  const [rows, columns] = shape.split('x').map(Number) as [number, number];
  const a = new Float32Array(rows * columns);
  fillNormal(new RandomStream(1, 'bench'), a);
  const matrix = arithmetic.upload(a, rows, columns);
  const buffer = gpu.upload(a, 'a');
  const digits = await best(() => exactGram(gpu, buffer, rows, columns));
  const host = await best(() => hostCompute.gram(a.slice(), rows, columns));
  const single = await best(() => arithmetic.gram(matrix));
  console.log(`${rows}×${columns}: digits ${digits} s, host f64 ${host} s, device f32 ${single} s`);
  matrix.release();
  gpu.release(buffer);
}
await gpu.close();
