/** A piece of device memory. `bytes` is what was asked for; the GPUBuffer behind it may be larger. Using it after its release throws. */
export interface DeviceBuffer {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  readonly label: string;
}

/**
 * A whole buffer or a window of it. Offsets are multiples of 256 bytes (minStorageBufferOffsetAlignment). For vector loads a
 * window may reach up to the next multiple of 16 bytes behind the buffer's end; what is there is undefined.
 */
export type Binding = DeviceBuffer | { readonly of: DeviceBuffer; readonly offset: number; readonly bytes: number };

export interface Dispatch {
  /** File name in kernels/ without `.wgsl`. */
  readonly kernel: string;
  /** Entry point. Default: `main`. */
  readonly entry?: string;
  /** Pipeline-overridable constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Text templating, only where WGSL has no other way (see kernel-source.ts). Pass the same object again where dispatches are many. */
  readonly text?: Readonly<Record<string, string>>;
  /** Storage bindings @group(0) @binding(0..n-1), in order. */
  readonly bindings: readonly Binding[];
  /** Scalars of the uniform struct at @group(0) @binding(n), in order; 4 bytes each. Integers go as u32 unless `{f32}` or `{i32}`. */
  readonly uniforms?: readonly (number | { readonly f32: number } | { readonly i32: number })[];
  /** Workgroup counts; a dimension over 65,535 is an error: kernels fold x into y by themselves. */
  readonly workgroups: readonly [number, number?, number?];
  /** Floating-point operations, if there are many: what is queued is submitted before it takes the device too long at a time. */
  readonly flop?: number;
}

/** One open device and everything that is cheap to keep with it. Commands are queued; `read` and `settled` submit them. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  readonly limits: GPUSupportedLimits;
  /** Bytes that may be in use at a time; infinite on a card, which reports exhaustion itself. */
  readonly memoryBudget: number;
  /** Threads that run in lockstep, 0 when the adapter has no subgroups. Measured at start-up, never assumed. */
  readonly subgroupSize: number;
  /** Storage memory (storage | copy-src | copy-dst), contents undefined; reused from a pool; over the byte budget is an error. */
  allocate(bytes: number, label: string): DeviceBuffer;
  release(...buffers: readonly DeviceBuffer[]): void;
  upload(data: ArrayBufferView, label: string): DeviceBuffer;
  write(target: DeviceBuffer, data: ArrayBufferView, offset?: number): void;
  copy(from: DeviceBuffer, to: DeviceBuffer, bytes: number, fromOffset?: number, toOffset?: number): void;
  clear(target: DeviceBuffer): void;
  dispatch(dispatch: Dispatch): void;
  /** Submits what is queued, waits, and returns a copy of the bytes. */
  read(source: DeviceBuffer, offset?: number, bytes?: number): Promise<ArrayBuffer>;
  submit(): void;
  /** Submits and waits until the device is idle; throws what went wrong on it (validation, out of memory, lost). */
  settled(): Promise<void>;
  /** Seconds since the device last finished a submission while others wait for it, 0 when idle: what a watchdog watches. */
  busySeconds(): number;
  close(): Promise<void>;
}

export interface AdapterDescription {
  readonly backend: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** backend/vendor/architecture/driver family: results of one class are bit-equal, of two are not. Part of keys. */
  readonly deviceClass: string;
  readonly software: boolean;
}
