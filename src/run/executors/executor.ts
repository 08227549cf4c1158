import { EnvironmentError, StepError } from '../../diagnostics/errors.js';
import type { Artifacts } from '../../formats/artifact.js';
import type { Job } from '../../worker/protocol.js';

/** Where steps are carried out: worker processes of this machine, or a cluster. Knows jobs, nothing of workflows. */
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
  log(line: string): void;
  warn(message: string, hint?: string): void;
}

/** The worker process ended, hung, or was killed. Says nothing about whether the job is to blame. */
export class WorkerLostError extends StepError {}

/** The planner counted on one device and the worker has another: keys must be made anew. */
export class OtherDeviceError extends EnvironmentError {
  readonly deviceClass: string;
  constructor(expected: string, actual: string) {
    super(`the device is ${actual}, not ${expected} as it was when the run was planned`);
    this.deviceClass = actual;
  }
}
