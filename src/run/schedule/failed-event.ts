import { RunflowError } from '../../diagnostics/errors.js';
import type { Step } from '../../steps/step.js';
import type { RunEvent } from '../events.js';

/** What is told of a step that failed. @param redacted takes out of a text what no event may hold */
export function failedEvent(
  { id, group, origin }: Step,
  error: unknown,
  redacted: (text: string) => string,
): Extract<RunEvent, { type: 'step-failed' }> {
  const hint = error instanceof RunflowError ? error.hint : 'This is a bug of runflow: please report it.';
  return {
    type: 'step-failed',
    step: id,
    group,
    message: redacted(messageOf(error)),
    ...(hint === undefined ? {} : { hint: redacted(hint) }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** What happened, for people. An error that no step should raise comes with its stack. */
export function messageOf(error: unknown): string {
  if (error instanceof RunflowError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
