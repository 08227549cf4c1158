import { RunflowError } from '../diagnostics/errors.js';
import type { Store } from '../store/store.js';
import type { EventBus } from './events.js';

/** Keeps the store within its limit after a run that wrote something. Trouble with that is no failure of the run. */
export async function tidyStore(store: Store, events: EventBus, environment: NodeJS.ProcessEnv): Promise<void> {
  const { keepWithinLimit } = await import('../store/collect.js');
  try {
    const collected = await keepWithinLimit(store, environment.RUNFLOW_STORE_LIMIT);
    if (collected === undefined || collected.bytesAfter === collected.bytesBefore) return;
    const { bytesBefore, bytesAfter, actions } = collected;
    if (bytesBefore === bytesAfter) return;
    events.publish({ type: 'collected', bytes: bytesBefore - bytesAfter, steps: actions.length });
  } catch (error) {
    if (!(error instanceof RunflowError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    events.publish({ type: 'warning', message: error.message, ...hint });
  }
}
