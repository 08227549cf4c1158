import { DataError, InterruptedError } from '../../diagnostics/errors.js';
import type { Artifacts } from '../../formats/artifact.js';
import type { Job } from '../../worker/protocol.js';
import {
  defaultWorkerLimits,
  type Executor,
  type ExecutorOptions,
  type JobObserver,
  OtherDeviceError,
  type WorkerLimits,
} from './executor.js';
import { type AdapterReply, WorkerProcess } from './worker-process.js';

export interface LocalExecutorOptions extends ExecutorOptions {
  /** Replaceable in tests. */
  readonly startWorker?: (environment: Readonly<Record<string, string>>, limits: WorkerLimits) => WorkerProcess;
}

/**
 * Steps in one worker process of this machine, which owns the device. It is started for the first step and again after a
 * step that left it in doubt; a crash of it costs the step in work, never the run.
 */
export class LocalExecutor implements Executor {
  readonly slots = 1;
  readonly #options: LocalExecutorOptions;
  #worker: WorkerProcess | undefined;
  #device: AdapterReply | undefined;

  constructor(options: LocalExecutorOptions) {
    this.#options = options;
  }

  async execute(job: Job, observer: JobObserver, signal: AbortSignal): Promise<Artifacts> {
    const worker = this.#running();
    try {
      if (this.#options.declarations[job.kind]?.usesDevice) await this.#checkDevice(worker);
      signal.throwIfAborted();
      return await worker.execute(job, observer, signal);
    } catch (error) {
      // After bad input or a stop the worker is as good as before; after anything else its device may not be.
      if (!(error instanceof DataError || error instanceof InterruptedError)) await this.#dispose(worker);
      throw error;
    }
  }

  kill(): void {
    this.#worker?.kill('the run was stopped');
  }

  async close(): Promise<void> {
    if (this.#worker !== undefined) await this.#dispose(this.#worker);
  }

  #running(): WorkerProcess {
    if (this.#worker?.lost !== undefined) this.#worker = undefined;
    if (this.#worker === undefined) {
      const { environment, limits = defaultWorkerLimits } = this.#options;
      const start = this.#options.startWorker ?? ((env, given) => new WorkerProcess(env, given));
      this.#worker = start(environment, limits);
      this.#device = undefined;
    }
    return this.#worker;
  }

  async #checkDevice(worker: WorkerProcess): Promise<void> {
    if (this.#device !== undefined) return;
    const { description, deviceClass, software, type } = await worker.describeDevice();
    this.#options.events.publish({ type: 'device', adapter: description, deviceClass, software });
    if (deviceClass !== this.#options.deviceClass) throw new OtherDeviceError(this.#options.deviceClass, deviceClass);
    this.#device = { type, description, deviceClass, software };
  }

  async #dispose(worker: WorkerProcess): Promise<void> {
    if (this.#worker === worker) this.#worker = undefined;
    await worker.close();
  }
}
