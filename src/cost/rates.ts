import type { Work } from './work.js';

/** How fast a device is. */
export interface DeviceRates {
  /** f32 operations a second in products. */
  readonly flops: number;
  /** Bytes a second that kernels read and write. */
  readonly memoryBytes: number;
  /** Seconds that a dispatch takes beside its work, and that the host loses when it waits. */
  readonly dispatchSeconds: number;
  readonly waitSeconds: number;
  /** Bytes a second between host and device. */
  readonly transferBytes: number;
  /** Seconds until a worker's device computes. */
  readonly startSeconds: number;
}

/** How fast the machine around it is. */
export interface HostRates {
  /** f64 operations a second in products, on all threads. */
  readonly productFlops: number;
  /** Seconds that a symmetric eigenproblem takes, divided by n³. */
  readonly eigenSeconds: number;
  /** Elements, random numbers, characters and hashed bytes a second. */
  readonly elements: number;
  readonly normals: number;
  readonly characters: number;
  readonly hashedBytes: number;
  /** Bytes a second that go to disk, and seconds until a file is safe there. */
  readonly writtenBytes: number;
  readonly fileSeconds: number;
  /** Seconds until the libraries of figures are loaded, and the first is drawn. */
  readonly librarySeconds: number;
}

/**
 * Small files whose time a step takes beside its outputs: its lock, its record, the note that it is in use, and messages
 * between processes. Steps that do next to nothing take as long (test/bench/estimate.ts).
 */
const filesOfStep = 6;

/** Seconds that a step takes: each phase as long as the slower of arithmetic and memory, and everything one after the other. */
export function secondsOf({ phases, host, ...rest }: Work, device: DeviceRates, around: HostRates): number {
  const onDevice = phases.reduce(
    (sum, one) =>
      sum +
      Math.max(one.flop / device.flops, one.operandBytes / device.memoryBytes) +
      one.otherBytes / device.memoryBytes +
      one.dispatches * device.dispatchSeconds +
      one.waits * device.waitSeconds +
      one.transferred / device.transferBytes,
    0,
  );
  const onHost =
    host.productFlop / around.productFlops +
    host.eigenCubes * around.eigenSeconds +
    host.elements / around.elements +
    host.normals / around.normals +
    host.characters / around.characters +
    host.libraries * around.librarySeconds;
  const onDisk =
    (rest.read + rest.stored) / around.hashedBytes +
    rest.stored / around.writtenBytes +
    (rest.objects + filesOfStep) * around.fileSeconds;
  return onDevice + onHost + onDisk;
}
