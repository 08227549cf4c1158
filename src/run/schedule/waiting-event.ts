import type { Step } from '../../steps/step.js';
import type { LockWait } from '../../store/locks.js';
import type { RunEvent } from '../events.js';

/**
 * What is told of a step that another run works on.
 * @param run that other run and its workflow, where the store tells
 */
export function waitingEvent(
  { id: step, group }: Step,
  { owner, hostName, here, since, silent }: LockWait,
  run: { readonly run?: string; readonly workflow?: string },
): Extract<RunEvent, { type: 'step-waiting' }> {
  return {
    type: 'step-waiting',
    step,
    group,
    process: owner.pid,
    host: here ? null : (hostName ?? owner.host),
    ...run,
    ...(since && { since: since.toISOString() }),
    ...(silent && silentFields(silent)),
  };
}

function silentFields({ seconds, takenOverInSeconds }: NonNullable<LockWait['silent']>) {
  const silentSince = new Date(Date.now() - seconds * 1000).toISOString();
  return { silentSeconds: seconds, silentSince, ...(takenOverInSeconds === undefined ? {} : { takenOverInSeconds }) };
}
