import { EnvironmentError, StepError } from '../../diagnostics/errors.js';
import { WorkerLostError } from '../executors/executor.js';
import type { SharedFailure } from './team.js';

/** What a step fails with that failed in another runner. */
export class FailedElsewhereError extends StepError {
  constructor({ host, message, hint }: SharedFailure) {
    super(`it failed on ${host}: ${message}`, hint === undefined ? {} : { hint });
  }
}

/**
 * Whether a failure says nothing of the step: a disk or a device that this host lacks, a worker that was killed. Another
 * host may do the step nevertheless, so the other runners are not told.
 */
export function isOfThisHost(error: unknown): boolean {
  return error instanceof EnvironmentError || error instanceof WorkerLostError;
}
