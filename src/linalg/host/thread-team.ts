import { receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type HostProducts, type ProductTask, rowsOf, runRows, thisThread } from './products.js';

/** Words of the shared control block. */
const generation = 0;
const nextPart = 1;
const finished = 2;
const failed = 3;

/** Multiply-adds below which sharing a task out costs more than it saves. */
const worthSharing = 2 ** 19;

export interface SharedTask {
  readonly task: ProductTask;
  readonly partRows: number;
}

/**
 * Threads that compute f64 products together, every part of the rows by whoever is free. The thread that owns the team
 * works too and blocks until all is done: it must not be one that serves events. Results do not depend on the team's size.
 */
export class ThreadTeam implements HostProducts {
  readonly #control = new Int32Array(new SharedArrayBuffer(16));
  readonly #helpers: Worker[];

  /** @param size threads, the owner included. */
  constructor(size: number) {
    const entry = new URL('./thread-team-helper.js', import.meta.url);
    this.#helpers = Array.from({ length: size - 1 }, () => {
      const helper = new Worker(entry, { workerData: this.#control });
      helper.unref();
      return helper;
    });
  }

  array(length: number): Float64Array {
    return new Float64Array(new SharedArrayBuffer(8 * length));
  }

  run(task: ProductTask): void {
    const rows = rowsOf(task);
    const work = task.operation === 'gemm' ? task.m * task.n * task.k : rows * rows;
    if (this.#helpers.length === 0 || work < worthSharing) thisThread.run(task);
    else this.#share(task, rows);
  }

  #share(task: ProductTask, rows: number): void {
    const parts = 3 * (this.#helpers.length + 1);
    const partRows = Math.max(24, 12 * Math.ceil(rows / parts / 12));
    const control = this.#control;
    Atomics.store(control, nextPart, 0);
    Atomics.store(control, finished, 0);
    for (const helper of this.#helpers) helper.postMessage({ task, partRows } satisfies SharedTask);
    Atomics.add(control, generation, 1);
    Atomics.notify(control, generation);
    takeParts(control, { task, partRows });
    for (;;) {
      const count = Atomics.load(control, finished);
      if (count === this.#helpers.length) break;
      Atomics.wait(control, finished, count);
    }
    if (Atomics.load(control, failed) !== 0) throw new Error('a helper thread failed');
  }
}

/** Computes parts of a task until none is left. */
function takeParts(control: Int32Array, { task, partRows }: SharedTask): void {
  const rows = rowsOf(task);
  for (;;) {
    const first = Atomics.add(control, nextPart, 1) * partRows;
    if (first >= rows) return;
    runRows(task, first, Math.min(rows, first + partRows));
  }
}

/** The life of a helper thread: sleeps, takes its part of the next task, reports, sleeps. */
export function serveTeam(control: Int32Array, port: Parameters<typeof receiveMessageOnPort>[0]): never {
  for (let seen = 0; ; ) {
    Atomics.wait(control, generation, seen);
    seen = Atomics.load(control, generation);
    const message = receiveMessageOnPort(port) as { message: SharedTask } | undefined;
    if (message === undefined) continue;
    try {
      takeParts(control, message.message);
    } catch {
      Atomics.store(control, failed, 1);
    }
    Atomics.add(control, finished, 1);
    Atomics.notify(control, finished);
  }
}
