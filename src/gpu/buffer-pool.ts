import { DeviceError } from './device-error.js';
import type { DeviceBuffer } from './gpu.js';

/** A GPUBuffer that serves one DeviceBuffer after another. */
interface Block {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly size: number;
}

/** The pool's own DeviceBuffer. `blockId` identifies the GPUBuffer behind it. */
export class PooledBuffer implements DeviceBuffer {
  readonly bytes: number;
  readonly label: string;
  /** Counts allocations. */
  readonly serial: number;
  readonly #block: Block;
  released = false;

  constructor(block: Block, bytes: number, label: string, serial: number) {
    this.#block = block;
    this.serial = serial;
    this.bytes = bytes;
    this.label = label;
  }

  get block(): Block {
    if (this.released) throw new Error(`device buffer "${this.label}" is used after its release`);
    return this.#block;
  }
  get blockId(): number {
    return this.block.id;
  }
  get buffer(): GPUBuffer {
    return this.block.buffer;
  }
}

/** Released memory that is kept for reuse; what was released first goes back first. */
const keptBytes = 256 * 2 ** 20;

/**
 * Storage memory with a byte budget: the device itself reports exhaustion late or never (software drivers commit memory at
 * first touch). Released memory is kept for the next request of its size class, up to a limit and while the budget allows.
 */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #budget: number;
  readonly #onCreate: (buffer: GPUBuffer) => void;
  readonly #destroy: (buffer: GPUBuffer) => void;
  readonly #onDestroy: (blockId: number) => void;
  /** Kept blocks by size, each list and the set in the order of their release. */
  readonly #keptBySize = new Map<number, Block[]>();
  readonly #kept = new Set<Block>();
  readonly #live = new Set<PooledBuffer>();
  #bytes = 0;
  #bytesKept = 0;
  #blocks = 0;
  #allocations = 0;

  /**
   * @param onCreate called with memory that is new, before anything uses it.
   * @param destroy gives memory back, once the commands that use it are submitted.
   * @param onDestroy called with the id of each block that is gone.
   */
  constructor(
    device: GPUDevice,
    budget: number,
    onCreate: (buffer: GPUBuffer) => void,
    destroy: (buffer: GPUBuffer) => void,
    onDestroy: (blockId: number) => void,
  ) {
    this.#device = device;
    this.#budget = budget;
    this.#onCreate = onCreate;
    this.#destroy = destroy;
    this.#onDestroy = onDestroy;
  }

  /** Bytes held on the device, in use or kept for reuse. */
  get bytes(): number {
    return this.#bytes;
  }

  allocate(bytes: number, label: string): PooledBuffer {
    if (!Number.isSafeInteger(bytes) || bytes <= 0) throw new Error(`device buffer "${label}": ${bytes} bytes`);
    const size = sizeClass(bytes);
    if (size > this.#device.limits.maxBufferSize) {
      throw new DeviceError(
        'out-of-memory',
        `"${label}" needs ${mebibytes(bytes)} in one buffer, this adapter allows ${mebibytes(this.#device.limits.maxBufferSize)}.`,
      );
    }
    const block = this.#takeKept(size) ?? this.#create(size, bytes, label);
    const buffer = new PooledBuffer(block, bytes, label, this.#allocations++);
    this.#live.add(buffer);
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    if (!(buffer instanceof PooledBuffer) || !this.#live.has(buffer)) {
      throw new Error(`device buffer "${buffer.label}" is released twice, or is not of this device`);
    }
    this.#live.delete(buffer);
    const { block } = buffer;
    buffer.released = true;
    this.#kept.add(block);
    this.#bytesKept += block.size;
    const ofSize = this.#keptBySize.get(block.size);
    if (ofSize === undefined) this.#keptBySize.set(block.size, [block]);
    else ofSize.push(block);
    if (this.#bytesKept > keptBytes) this.#giveBack(this.#bytesKept - keptBytes);
  }

  /** How many allocations there were. */
  get allocations(): number {
    return this.#allocations;
  }

  /** Releases what was allocated since `allocations` had this value: the leftovers of work that failed. */
  releaseSince(allocations: number): void {
    for (const buffer of [...this.#live]) if (buffer.serial >= allocations) this.release(buffer);
  }

  #takeKept(size: number): Block | undefined {
    const block = this.#keptBySize.get(size)?.pop();
    if (block === undefined) return undefined;
    this.#kept.delete(block);
    this.#bytesKept -= size;
    return block;
  }

  #create(size: number, bytes: number, label: string): Block {
    if (this.#bytes + size > this.#budget) this.#giveBack(this.#bytes + size - this.#budget);
    if (this.#bytes + size > this.#budget) {
      const largest = [...this.#live].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
      const users = largest.map((buffer) => `"${buffer.label}" ${mebibytes(buffer.bytes)}`).join(', ');
      throw new DeviceError(
        'out-of-memory',
        `No device memory for "${label}" (${mebibytes(bytes)}): ${mebibytes(this.#bytes)} of ${mebibytes(this.#budget)} are in use${users === '' ? '' : `; the largest: ${users}`}.`,
        { hint: 'Use a machine or card with more memory, or a smaller model or batch.' },
      );
    }
    const buffer = this.#device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.#bytes += size;
    this.#onCreate(buffer);
    return { id: this.#blocks++, buffer, size };
  }

  /** Destroys kept memory until `bytes` are given back or none is left. */
  #giveBack(bytes: number): void {
    if (this.#kept.size === 0) return;
    let left = bytes;
    for (const block of this.#kept) {
      if (left <= 0) return;
      const ofSize = this.#keptBySize.get(block.size)!;
      ofSize.splice(ofSize.indexOf(block), 1);
      this.#kept.delete(block);
      this.#destroy(block.buffer);
      this.#onDestroy(block.id);
      this.#bytes -= block.size;
      this.#bytesKept -= block.size;
      left -= block.size;
    }
  }
}

/** Sizes are rounded up by at most an eighth so that requests of nearly the same size share memory. */
function sizeClass(bytes: number): number {
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(bytes)) - 3));
  return Math.ceil(bytes / step) * step;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 1)} MiB`;
}
