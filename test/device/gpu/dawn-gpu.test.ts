import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BufferPool } from '../../../src/gpu/buffer-pool.js';
import { DeviceError } from '../../../src/gpu/device-error.js';
import type { Dispatch } from '../../../src/gpu/gpu.js';
import { openGpu } from '../../../src/gpu/open-gpu.js';
import { gemm } from '../../../src/linalg/device/gemm.js';
import { device } from '../device.js';

const test = suite('Device memory and command queue');
const gpu = await device();

const fill = (bits: number, words: number): Pick<Dispatch, 'kernel' | 'uniforms' | 'workgroups'> => ({
  kernel: 'fill',
  uniforms: [words, bits, Math.ceil(words / 64)],
  workgroups: [Math.ceil(words / 64)],
});
const words = async (buffer: Parameters<typeof gpu.read>[0], offset?: number, bytes?: number) =>
  new Uint32Array(await gpu.read(buffer, offset, bytes));

/** What the promise rejects with, or what the function throws. */
async function thrown(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test('what is uploaded is read back, in whole and in part, at any length in bytes', async () => {
  for (const length of [1, 3, 4, 255, 256, 1000003]) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 31) % 251);
    const buffer = gpu.upload(data, 'data');
    assert.equal(new Uint8Array(await gpu.read(buffer)), data);
    if (length > 12) assert.equal(new Uint8Array(await gpu.read(buffer, 8, 5)), data.slice(8, 13));
    gpu.release(buffer);
  }
});

test('commands take effect in the order they were asked for, across writes, copies, clears and batches', async () => {
  const a = gpu.allocate(256, 'a');
  const b = gpu.allocate(256, 'b');
  gpu.clear(b);
  for (let i = 0; i < 1000; i++) gpu.dispatch({ ...fill(i, 16), bindings: [a] });
  gpu.copy(a, b, 64);
  gpu.write(a, new Uint32Array([7]));
  gpu.copy(a, b, 4, 0, 64);
  gpu.dispatch({ ...fill(5, 1), bindings: [a] });
  gpu.copy(a, b, 8, 0, 68);
  assert.equal([...(await words(b, 56, 28))], [999, 999, 7, 5, 999, 0, 0]);
  gpu.release(a, b);
});

test('a kernel sees exactly the window it is given', async () => {
  const a = gpu.upload(new Uint32Array(256).fill(1), 'a');
  gpu.dispatch({ ...fill(9, 1000), bindings: [{ of: a, offset: 256, bytes: 256 }] });
  const seen = await words(a);
  assert.is(seen.indexOf(9), 64);
  assert.is(seen.lastIndexOf(9), 127);
  gpu.release(a);
});

test('released memory serves the next request of its size, after what still uses it', async () => {
  const a = gpu.upload(new Uint32Array(64).fill(3), 'a');
  const copy = gpu.allocate(256, 'copy');
  gpu.copy(a, copy, 256);
  const before = a.buffer;
  gpu.release(a);
  const b = gpu.upload(new Uint32Array(60).fill(4), 'b');
  assert.is(b.buffer, before);
  assert.is((await words(copy))[63], 3);
  gpu.release(b, copy);
});

test('use after release, a second release and a window outside the buffer are refused by name', async () => {
  const a = gpu.allocate(1024, 'weights');
  assert.match((await thrown(() => gpu.read(a, 1020, 8))).message, /"weights"/);
  const outside = { of: a, offset: 768, bytes: 512 };
  assert.match(
    (await thrown(() => gpu.dispatch({ ...fill(0, 1), bindings: [outside] }))).message,
    /"weights".*outside/,
  );
  const unaligned = { of: a, offset: 16, bytes: 16 };
  assert.match((await thrown(() => gpu.dispatch({ ...fill(0, 1), bindings: [unaligned] }))).message, /multiple of 256/);
  gpu.release(a);
  assert.match((await thrown(() => gpu.dispatch({ ...fill(0, 1), bindings: [a] }))).message, /"weights".*release/);
  assert.match((await thrown(() => gpu.release(a))).message, /"weights".*twice/);
});

test('memory over the budget is an error that names the request and the largest users', async () => {
  const small = await openGpu({ memoryBudget: 2 ** 20 });
  const first = small.allocate(700_000, 'first');
  const error = await thrown(() => small.allocate(600_000, 'second'));
  assert.instance(error, DeviceError);
  assert.match(error.message, /"second".*"first"/);
  small.dispatch({ ...fill(1, 8), bindings: [first] });
  small.release(first);
  // Room is made by giving released memory back, after the commands that use it were submitted.
  const second = small.allocate(600_000, 'second');
  await small.settled();
  small.release(second);
  await small.close();
});

test('released memory is kept up to a limit, and what was released first is given back first', () => {
  const destroyed: number[] = [];
  let submits = 0;
  const pool = new BufferPool(
    gpu.device,
    2 ** 34,
    () => undefined,
    (buffer) => {
      submits++;
      buffer.destroy();
    },
    (block) => destroyed.push(block),
  );
  const buffers = [1, 2, 3, 4].map((i) => pool.allocate(100 * 2 ** 20 + i * 2 ** 24, `buffer ${i}`));
  const blocks = buffers.map(({ blockId }) => blockId);
  const all = pool.bytes;
  for (const buffer of buffers) pool.release(buffer);
  assert.equal(destroyed, blocks.slice(0, 3));
  assert.is(submits, 3);
  assert.ok(pool.bytes < all / 2);
  assert.is(pool.allocate(100 * 2 ** 20 + 4 * 2 ** 24, 'again').blockId, blocks[3]);
});

test('writing a part of new memory does not keep this thread for as long as zeroing all of it takes', async () => {
  // Linux tells the processor time of single threads; the device's own threads may zero at the same time.
  if (!existsSync('/proc/thread-self/schedstat')) return;
  const nanoseconds = () => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]);
  const bytes = 2 ** 28;
  const before = nanoseconds();
  new Uint8Array(bytes).fill(1);
  const zeroing = nanoseconds() - before;
  const buffer = gpu.allocate(bytes, 'new');
  const written = nanoseconds();
  gpu.write(buffer, new Uint32Array([7]), 8);
  assert.ok(nanoseconds() - written < zeroing / 4, `${nanoseconds() - written} ns, zeroing ${zeroing} ns`);
  assert.equal([...(await words(buffer, 4, 12))], [0, 7, 0]);
  gpu.release(buffer);
});

test('commands behind a kernel that is being compiled take effect in their order, with the numbers of their time', async () => {
  const other = await openGpu();
  const [a, b] = [other.allocate(256, 'a'), other.allocate(256, 'b')];
  const numbers = new Uint32Array([7]);
  other.dispatch({ ...fill(5, 64), bindings: [a] });
  other.copy(a, b, 256);
  other.write(a, numbers, 4);
  numbers[0] = 8;
  other.write(a, numbers, 8);
  other.release(b);
  const again = other.allocate(256, 'the memory of b');
  other.copy(a, again, 4, 4, 0);
  assert.equal([...new Uint32Array(await other.read(a, 0, 16))], [5, 7, 8, 5]);
  assert.equal([...new Uint32Array(await other.read(again, 0, 8))], [7, 5]);
  await other.close();
});

test('no kernel is compiled on this thread', async () => {
  const other = await openGpu();
  const compile = () => assert.unreachable('this takes seconds on a software device, without a turn of the event loop');
  Object.defineProperty(other.device, 'createComputePipeline', { value: compile });
  const [a, b, c] = ['a', 'b', 'c'].map((label) => other.upload(new Float32Array(64 * 64).fill(1), label));
  gemm(other, { m: 64, n: 64, k: 64, a: { buffer: a! }, b: { buffer: b! }, c: { buffer: c! } });
  assert.equal([...new Float32Array(await other.read(c!, 0, 8))], [64, 64]);
  await other.close();
});

test('recovering from failed work releases its memory, forgets its errors and leaves everything else', async () => {
  const kept = gpu.upload(new Uint32Array([5]), 'kept');
  const { allocations } = gpu;
  const left = gpu.allocate(512, 'left behind');
  gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  assert.ok(await gpu.recover(allocations));
  await gpu.settled();
  assert.match((await thrown(() => gpu.read(left))).message, /"left behind" is used after its release/);
  assert.is((await words(kept))[0], 5);
  gpu.release(kept);
});

test('a command that the device refuses fails the wait, and the device works on', async () => {
  const a = gpu.allocate(256, 'a');
  const invalid = gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  assert.ok(invalid);
  const error = await thrown(() => gpu.settled());
  assert.instance(error, DeviceError);
  assert.is((error as DeviceError).reason, 'validation');
  gpu.dispatch({ ...fill(11, 4), bindings: [a] });
  assert.is((await words(a, 0, 4))[0], 11);
  gpu.release(a);
});

test('a lost device fails every wait with that reason', async () => {
  const other = await openGpu();
  const a = other.allocate(256, 'a');
  other.device.destroy();
  other.dispatch({ ...fill(1, 4), bindings: [a] });
  assert.is(((await thrown(() => other.read(a))) as DeviceError).reason, 'lost');
  assert.is(((await thrown(() => other.settled())) as DeviceError).reason, 'lost');
  assert.not(await other.recover(other.allocations));
});

test('workgroup counts over the limit are refused by the name of the kernel', async () => {
  const a = gpu.allocate(256, 'a');
  const over = { ...fill(0, 4), bindings: [a], workgroups: [70_000] as [number] };
  assert.match((await thrown(() => gpu.dispatch(over))).message, /fill.*70000/);
  gpu.release(a);
});

test('subgroups run at the size that was measured', () => {
  const sizes: Record<string, number> = { 'google/swiftshader': 4 };
  const { vendor, architecture } = gpu.adapter;
  const expected = sizes[`${vendor}/${architecture}`];
  if (expected !== undefined) assert.is(gpu.subgroupSize, expected);
  assert.ok(gpu.subgroupSize === 0 || Number.isInteger(Math.log2(gpu.subgroupSize)));
});

test('waiting often does not make waiting slower', async () => {
  const a = gpu.allocate(256, 'a');
  const millisecondsOfReads = async (count: number) => {
    const started = performance.now();
    for (let i = 0; i < count; i++) await gpu.read(a, 0, 4);
    return performance.now() - started;
  };
  const first = await millisecondsOfReads(50);
  await millisecondsOfReads(100);
  const last = await millisecondsOfReads(50);
  assert.ok(last < 20 * first + 2000, `50 reads took ${first} ms at first, ${last} ms later`);
  gpu.release(a);
});

test('nothing is busy once the device has settled', async () => {
  await gpu.settled();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(gpu.busySeconds(), 0);
});

test.after(() => gpu.close());
test.run();
