import { EnvironmentError, StepError } from '../../diagnostics/errors.js';
import type { Artifacts } from '../../formats/artifact.js';
import type { StepContract } from '../../steps/step.js';
import type { Job } from '../../worker/protocol.js';
import type { EventBus } from '../events.js';

export interface WorkerLimits {
  /**
   * A worker that says nothing for so long, and had as much time of a processor in it, hangs: its event loop does not
   * turn. On a busy machine a worker that gets no processor is silent too; it has `starvedSilences` times as long.
   */
  readonly silenceSeconds: number;
  /** One submission that keeps the device busy for so long will never end. */
  readonly deviceBusySeconds: number;
  /** Seconds from a request to stop, or from `exit`, until the process is killed. */
  readonly graceSeconds: number;
}

export const defaultWorkerLimits: WorkerLimits = { silenceSeconds: 60, deviceBusySeconds: 300, graceSeconds: 10 };

/** What `--executor` takes. */
export type ExecutorName = 'local';

/** What an executor is made with. */
export interface ExecutorOptions {
  readonly declarations: Readonly<Record<string, StepContract>>;
  readonly events: EventBus;
  /** The device class that keys were made for. */
  readonly deviceClass: string;
  /** Added to the environment of a worker: which driver it loads. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits?: WorkerLimits;
}

/** Place where steps run: worker processes of this machine, or a cluster. It knows jobs, and nothing of workflows. */
export interface Executor {
  /** How many jobs it takes at once. */
  readonly slots: number;
  /**
   * Carries out one job. When `signal` aborts, it asks the job to stop and waits for it to leave resumable state behind.
   * @throws WorkerLostError when the process that worked on it is gone: the job may be tried again
   * @throws OtherDeviceError when the device is not of the class that the job's key was made for
   * @throws RunflowError what the step itself reports
   */
  execute(job: Job, observer: JobObserver, signal: AbortSignal): Promise<Artifacts>;
  /** Ends jobs in work at once; their `execute` rejects. */
  kill(): void;
  /** Waits until every process has ended. */
  close(): Promise<void>;
}

export interface JobObserver {
  progress(update: { done: number; total: number; unit?: string; note?: string }): void;
  /** Kernels that the job waits for; told when their number changes. */
  compiling(kernels: number): void;
  log(line: string): void;
  warn(message: string, hint?: string): void;
}

/** The worker process ended, hung, or was killed. Says nothing about whether the job is to blame. */
export class WorkerLostError extends StepError {}

/** The device was lost, to no fault of the process: a fresh one may do the job. */
export class DeviceLostError extends WorkerLostError {}

/** The planner counted on one device and the worker has another: keys must be made anew. */
export class OtherDeviceError extends EnvironmentError {
  readonly deviceClass: string;
  constructor(expected: string, actual: string) {
    super(`the device is ${actual}, not ${expected} as it was when the run was planned`);
    this.deviceClass = actual;
  }
}
