import { Worker } from 'node:worker_threads';
import { inverseCholesky } from './cholesky.js';
import { hostGram } from './gram.js';
import { squaredCosines } from './principal-angles.js';
import { type RandomisedBasis, randomisedBasis } from './randomised-basis.js';
import { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.js';

export type HostRequest = { readonly id: number } & (
  | { readonly operation: 'gram'; readonly a: Float32Array; readonly rows: number; readonly columns: number }
  | { readonly operation: 'eigen' | 'inverse-cholesky'; readonly a: Float64Array; readonly n: number }
  | { readonly operation: 'squared-cosines'; readonly a: Float64Array; readonly n: number; readonly left: number }
  | {
      readonly operation: 'randomised-basis';
      readonly a: Float64Array;
      readonly s: Float64Array;
      readonly iterations: number;
    }
);

export interface HostReply {
  readonly id: number;
  readonly result?: Float64Array | SymmetricEigen | RandomisedBasis | undefined;
  readonly error?: Error;
}

/** Multiply-adds (about 10 ms) up to which the calling thread computes by itself. */
const smallWork = 2 ** 24;

/**
 * The host's part of the linear algebra, off this thread: the event loop goes on turning however long it takes, and all
 * cores take part. Arguments are taken over: do not use them afterwards.
 */
class HostCompute {
  #worker: Worker | undefined;
  readonly #pending = new Map<
    number,
    { resolve: (result: HostReply['result']) => void; reject: (error: Error) => void }
  >();
  #next = 0;

  /** AᵀA, see hostGram. */
  async gram(a: Float32Array, rows: number, columns: number): Promise<Float64Array> {
    if (rows * columns * columns <= smallWork) return hostGram(a, rows, columns);
    return (await this.#call({ operation: 'gram', a, rows, columns })) as Float64Array;
  }

  /** See symmetricEigen. */
  async eigen(a: Float64Array, n: number): Promise<SymmetricEigen> {
    if (5 * n ** 3 <= smallWork) return symmetricEigen(a, n);
    return (await this.#call({ operation: 'eigen', a, n })) as SymmetricEigen;
  }

  /** See inverseCholesky. */
  async inverseCholesky(a: Float64Array, n: number): Promise<Float64Array | undefined> {
    if (n ** 3 <= smallWork) return inverseCholesky(a, n);
    return (await this.#call({ operation: 'inverse-cholesky', a, n })) as Float64Array | undefined;
  }

  /** See squaredCosines. */
  async squaredCosines(a: Float64Array, n: number, left: number): Promise<Float64Array | undefined> {
    if (5 * n ** 3 <= smallWork) return squaredCosines(a, n, left);
    return (await this.#call({ operation: 'squared-cosines', a, n, left })) as Float64Array | undefined;
  }

  /** See randomisedBasis. */
  async randomisedBasis(s: Float64Array, omega: Float64Array, iterations: number): Promise<RandomisedBasis> {
    if (10 * omega.length * (omega.length / s.length) <= smallWork) return randomisedBasis(s, omega, iterations);
    return (await this.#call({ operation: 'randomised-basis', a: omega, s, iterations })) as RandomisedBasis;
  }

  #call(
    request: HostRequest extends infer R ? (R extends HostRequest ? Omit<R, 'id'> : never) : never,
  ): Promise<HostReply['result']> {
    const worker = this.#open();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.ref();
      const { buffer } = request.a;
      worker.postMessage({ ...request, id }, buffer instanceof ArrayBuffer ? [buffer] : []);
    });
  }

  #open(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    worker.on('message', ({ id, result, error }: HostReply) => {
      const call = this.#pending.get(id)!;
      this.#pending.delete(id);
      // An idle thread does not keep the process alive.
      if (this.#pending.size === 0) worker.unref();
      if (error === undefined) call.resolve(result);
      else call.reject(error);
    });
    worker.on('error', (error) => {
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
      this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }
}

/** Zeroed memory that HostCompute can work on without copying it. */
export function sharedArray(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}

export const hostCompute = new HostCompute();
