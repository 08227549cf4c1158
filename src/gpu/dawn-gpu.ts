import { type OpenAdapter, requestAdapter } from './adapter.js';
import { BindGroupCache } from './bind-groups.js';
import { BufferPool } from './buffer-pool.js';
import { DeviceError, deviceErrorFrom } from './device-error.js';
import { waitForDevice } from './device-wait.js';
import type { AdapterDescription, DeviceBuffer, Dispatch, Gpu } from './gpu.js';
import { kernelFeatures } from './kernel-source.js';
import { type Pipeline, PipelineCache } from './pipelines.js';
import { UniformSlots } from './uniform-ring.js';

/** Dispatches that go to the device in one submission: enough to hide its cost, few enough to start a CPU device early. */
const batchSize = 64;
/** Floating-point operations that go to the device in one submission: seconds on two cores without a card. */
const batchFlop = 2e10;
/** Uploads and reads need their data once more in memory of Dawn's: large ones go in parts. */
const transferPartBytes = 32 * 2 ** 20;

/** `Gpu` over a Dawn device. */
export class DawnGpu implements Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  readonly limits: GPUSupportedLimits;
  readonly memoryBudget: number;
  readonly subgroupSize: number = 0;
  /** Dawn crashes when the object its `create` returned is collected while a device of it lives. */
  readonly #instance: GPU;
  readonly #pipelines: PipelineCache;
  readonly #uniforms: UniformSlots;
  readonly #bindGroups: BindGroupCache;
  readonly #pool: BufferPool;
  /** Commands behind a kernel that is being compiled, in the order in which they were asked for. */
  #held: { readonly pipeline?: Pipeline; readonly run: () => void }[] = [];
  #released: Promise<void> | undefined;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #error: DeviceError | undefined;
  #closed = false;
  #queuedFlop = 0;
  #unfinishedSubmissions = 0;
  /** When the device began with the oldest unfinished submission, by `performance.now()`. */
  #busySince = 0;

  private constructor(open: OpenAdapter, device: GPUDevice, memoryBudget: number) {
    this.#instance = open.instance;
    this.device = device;
    this.adapter = open.description;
    this.limits = device.limits;
    this.memoryBudget = memoryBudget;
    this.#pipelines = new PipelineCache(device);
    this.#uniforms = new UniformSlots(device, batchSize);
    this.#bindGroups = new BindGroupCache(device, this.#uniforms.buffer);
    this.#pool = new BufferPool(
      device,
      memoryBudget,
      (buffer) => this.#zeroOnDevice(buffer),
      (buffer) =>
        this.#inOrder(() => {
          this.submit();
          buffer.destroy();
        }),
      () => this.#bindGroups.clear(),
    );
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.#error ??= deviceErrorFrom((event as GPUUncapturedErrorEvent).error);
    });
    void device.lost.then((info) => {
      if (!this.#closed)
        this.#error = new DeviceError('lost', `The device was lost: ${info.message.trim() || info.reason}`);
    });
  }

  /**
   * Opens a device with the adapter's own limits and the features that kernels use.
   * @param memoryBudget bytes of device memory that may be in use at a time.
   */
  static async open(options: { name?: string | undefined; memoryBudget: number }): Promise<DawnGpu> {
    const open = await requestAdapter(options.name);
    const { adapter } = open;
    const device = await adapter.requestDevice({
      requiredFeatures: kernelFeatures.filter((feature) => adapter.features.has(feature)),
      requiredLimits: requestedLimits(adapter.limits),
    });
    const gpu = new DawnGpu(open, device, options.memoryBudget);
    if (device.features.has('subgroups'))
      (gpu as { subgroupSize: number }).subgroupSize = await gpu.#measureSubgroups();
    return gpu;
  }

  allocate(bytes: number, label: string): DeviceBuffer {
    return this.#pool.allocate(bytes, label);
  }

  release(...buffers: readonly DeviceBuffer[]): void {
    for (const buffer of buffers) this.#pool.release(buffer);
  }

  upload(data: ArrayBufferView, label: string): DeviceBuffer {
    const buffer = this.allocate(data.byteLength, label);
    this.write(buffer, data);
    return buffer;
  }

  write(target: DeviceBuffer, data: ArrayBufferView, offset = 0): void {
    checkRange('write', target, offset, data.byteLength);
    const { buffer } = target;
    const given = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    // The caller may change its numbers before a held command runs.
    const bytes = this.#held.length > 0 ? given.slice() : given;
    this.#inOrder(() => {
      // What is queued was asked for earlier and must see the old contents.
      this.submit();
      for (let at = 0; at < bytes.length; at += transferPartBytes) {
        this.device.queue.writeBuffer(buffer, offset + at, padded(bytes.subarray(at, at + transferPartBytes)));
      }
    });
  }

  copy(from: DeviceBuffer, to: DeviceBuffer, bytes: number, fromOffset = 0, toOffset = 0): void {
    checkRange('copy', from, fromOffset, bytes);
    checkRange('copy', to, toOffset, bytes);
    const [source, target] = [from.buffer, to.buffer];
    this.#inOrder(() => this.#commands().copyBufferToBuffer(source, fromOffset, target, toOffset, roundUp4(bytes)));
  }

  clear(target: DeviceBuffer): void {
    const { buffer, bytes } = target;
    this.#inOrder(() => this.#commands().clearBuffer(buffer, 0, roundUp4(bytes)));
  }

  dispatch(dispatch: Dispatch): void {
    const [x, y = 1, z = 1] = dispatch.workgroups;
    const limit = this.limits.maxComputeWorkgroupsPerDimension;
    if (x > limit || y > limit || z > limit) {
      throw new Error(`kernel ${dispatch.kernel}: ${x}×${y}×${z} workgroups, over ${limit} in a dimension`);
    }
    if (x === 0 || y === 0 || z === 0) return;
    const compiled = this.#pipelines.get(dispatch);
    const { layout } = compiled;
    const group = this.#bindGroups.get(layout, dispatch.bindings, dispatch.kernel);
    this.#inOrder(() => {
      const { pipeline } = compiled;
      // That it failed to compile is thrown to whoever waits.
      if (pipeline === undefined) return;
      if (layout.hasUniforms && this.#uniforms.full) this.submit();
      this.#encoder ??= this.device.createCommandEncoder();
      this.#pass ??= this.#encoder.beginComputePass();
      this.#pass.setPipeline(pipeline);
      if (layout.hasUniforms) this.#pass.setBindGroup(0, group, [this.#uniforms.push(dispatch.uniforms ?? [])]);
      else this.#pass.setBindGroup(0, group);
      this.#pass.dispatchWorkgroups(x, y, z);
      this.#queuedFlop += dispatch.flop ?? 0;
      if (this.#queuedFlop >= batchFlop) this.submit();
    }, compiled);
  }

  async read(source: DeviceBuffer, offset = 0, bytes = source.bytes - offset): Promise<ArrayBuffer> {
    checkRange('read', source, offset, bytes);
    const { buffer, label } = source;
    await this.#released;
    const result = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += transferPartBytes) {
      result.set(await this.#readPart(buffer, label, offset + at, Math.min(transferPartBytes, bytes - at)), at);
    }
    return result.buffer;
  }

  async #readPart(source: GPUBuffer, label: string, offset: number, bytes: number): Promise<Uint8Array> {
    const staging = this.device.createBuffer({
      label: `read of ${label}`,
      size: roundUp4(bytes),
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    try {
      this.#commands().copyBufferToBuffer(source, offset, staging, 0, roundUp4(bytes));
      this.submit();
      await waitForDevice(staging.mapAsync(GPUMapMode.READ)).catch((error: unknown) => {
        // A lost device or an earlier error rejects the mapping; that error says more.
        this.#throwError();
        throw new DeviceError('internal', `Reading "${label}" failed: ${(error as Error).message}`, {
          cause: error,
        });
      });
      this.#throwError();
      return new Uint8Array(staging.getMappedRange().slice(0, bytes));
    } finally {
      staging.destroy();
    }
  }

  submit(): void {
    if (this.#encoder === undefined) return;
    this.#pass?.end();
    this.#uniforms.flush();
    this.device.queue.submit([this.#encoder.finish()]);
    this.#pass = undefined;
    this.#encoder = undefined;
    this.#queuedFlop = 0;
    if (this.#unfinishedSubmissions++ === 0) this.#busySince = performance.now();
    const finished = () => {
      this.#unfinishedSubmissions--;
      this.#busySince = performance.now();
    };
    waitForDevice(this.device.queue.onSubmittedWorkDone()).then(finished, finished);
  }

  async settled(): Promise<void> {
    await this.#released;
    this.submit();
    await waitForDevice(this.device.queue.onSubmittedWorkDone()).catch(() => undefined);
    this.#throwError();
  }

  /** Kernels that are being compiled; what they are for waits. */
  get compilingKernels(): number {
    return this.#pipelines.compiling;
  }

  busySeconds(): number {
    return this.#unfinishedSubmissions === 0 ? 0 : (performance.now() - this.#busySince) / 1000;
  }

  /** How many allocations there were so far: the mark that `recover` takes. */
  get allocations(): number {
    return this.#pool.allocations;
  }

  /**
   * Cleans up after work that failed: waits for what it queued, forgets what went wrong with that, and releases the memory
   * that it allocated.
   * @param allocations value of `allocations` before the work.
   * @returns false when the device is lost and a new one is needed.
   */
  async recover(allocations: number): Promise<boolean> {
    await this.settled().catch(() => undefined);
    this.#pool.releaseSince(allocations);
    return this.#error === undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#released;
    this.submit();
    await waitForDevice(this.device.queue.onSubmittedWorkDone()).catch(() => undefined);
    this.device.destroy();
    void this.#instance;
  }

  /**
   * Dawn hands out zeroed memory. It would zero what is written by parts at the first of them, on this thread, which takes
   * seconds for a large tensor on a busy machine.
   */
  #zeroOnDevice(buffer: GPUBuffer): void {
    if (buffer.size > transferPartBytes) this.#inOrder(() => this.#commands().clearBuffer(buffer));
  }

  /** Runs a command behind all that were asked for before it, and once its kernel is compiled. */
  #inOrder(run: () => void, pipeline?: Pipeline): void {
    if (this.#held.length === 0 && (pipeline === undefined || pipeline.pipeline !== undefined)) {
      run();
      return;
    }
    this.#held.push(pipeline === undefined ? { run } : { pipeline, run });
    this.#released ??= this.#releaseHeld();
  }

  async #releaseHeld(): Promise<void> {
    // More may be asked for while it waits.
    for (let next = 0; next < this.#held.length; next++) {
      const { pipeline, run } = this.#held[next]!;
      try {
        if (pipeline !== undefined && pipeline.pipeline === undefined) await pipeline.ready;
        run();
      } catch (error) {
        this.#error ??=
          error instanceof DeviceError
            ? error
            : new DeviceError('validation', (error as Error).message, { cause: error });
      }
    }
    this.#held = [];
    this.#released = undefined;
  }

  /** The encoder outside of a compute pass, for copies and clears. */
  #commands(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder ??= this.device.createCommandEncoder();
    return this.#encoder;
  }

  #throwError(): void {
    const error = this.#error;
    if (error === undefined) return;
    // A lost device stays lost; anything else was reported and belongs to the step that waited.
    if (error.reason !== 'lost') this.#error = undefined;
    throw error;
  }

  async #measureSubgroups(): Promise<number> {
    const smallest = this.upload(new Uint32Array([0xffffffff]), 'smallest subgroup');
    const largest = this.upload(new Uint32Array([0]), 'largest subgroup');
    this.dispatch({ kernel: 'subgroup-size', bindings: [smallest, largest], workgroups: [4] });
    const [low] = new Uint32Array(await this.read(smallest));
    const [high] = new Uint32Array(await this.read(largest));
    this.release(smallest, largest);
    const { subgroupMinSize, subgroupMaxSize } = this.device.adapterInfo as unknown as Record<string, number>;
    // Where a compiler may choose the size kernel by kernel, one kernel's size says nothing about another's.
    return low === high && subgroupMinSize === subgroupMaxSize ? low! : 0;
  }
}

/** The adapter's limits, but alignments: WebGPU's defaults hold on every adapter, so kernels may rely on them everywhere. */
function requestedLimits(limits: GPUSupportedLimits): Record<string, number> {
  const requested: Record<string, number> = {};
  for (const name in limits) {
    const value = (limits as unknown as Record<string, unknown>)[name];
    if (typeof value === 'number' && name.startsWith('max')) requested[name] = value;
  }
  return requested;
}

function checkRange(action: string, buffer: DeviceBuffer, offset: number, bytes: number): void {
  if (offset % 4 !== 0) throw new Error(`${action} of "${buffer.label}": offset ${offset} is not a multiple of 4`);
  if (offset < 0 || bytes < 0 || offset + bytes > buffer.bytes) {
    throw new Error(`${action} of "${buffer.label}": ${offset}+${bytes} is outside its ${buffer.bytes} bytes`);
  }
}

function roundUp4(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** WebGPU writes whole 4-byte words. */
function padded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(roundUp4(bytes.length));
  whole.set(bytes);
  return whole;
}
