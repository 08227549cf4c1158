import { StepError } from '../../diagnostics/errors.js';
import type { Step } from '../../steps/step.js';
import { failedEvent } from './failed-event.js';
import type { SharedFailure } from './team.js';

/** What a step fails with that failed in another runner. */
export class FailedElsewhereError extends StepError {
  constructor({ host, message, hint }: SharedFailure) {
    super(`it failed on ${host}: ${message}`, hint === undefined ? {} : { hint });
  }
}

/** What other runners are told of a failure. @param redacted takes out of a text what no record may hold */
export function sharedFailure(
  step: Step,
  error: unknown,
  host: string,
  redacted: (text: string) => string,
): SharedFailure {
  const { message, hint } = failedEvent(step, error, redacted);
  return { step: step.id, host, message, ...(hint === undefined ? {} : { hint }) };
}
