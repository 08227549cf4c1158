import { listedNames } from '../../diagnostics/listed-names.js';
import type { OutputDifference } from '../../store/action-store.js';
import type { RunEvent } from '../events.js';

/** Names of outputs that are told. */
const outputsTold = 5;

/**
 * A warning that a step gave other outputs than an attempt with the same key before it.
 * @param host of this attempt
 * @param forced the new outputs take the place of the others, because the user asked for the step to run again
 */
export function differenceWarning(
  step: string,
  { earlier, outputs }: OutputDifference,
  { host, forced }: { readonly host: string; readonly forced: boolean },
): Extract<RunEvent, { type: 'warning' }> {
  const record = `the record of ${earlier.host ?? 'an unknown host'} of ${earlier.started}`;
  const message = `${step}: what ${host} made differs from ${record} with the same key: ${listedNames(outputs, outputsTold)}`;
  const hint = forced
    ? 'The new outputs take the place of the others, because the step was forced.'
    : 'The earlier record stays and is used. Equal steps must give equal bytes: look for what differs between the two hosts.';
  return { type: 'warning', message, hint };
}
