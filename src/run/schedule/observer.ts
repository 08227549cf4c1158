import type { Step } from '../../steps/step.js';
import type { EventBus } from '../events.js';
import type { JobObserver } from '../executors/executor.js';

/** Tells as events what the job of a step says. */
export function observerOf({ id, group }: Step, events: EventBus): JobObserver {
  return {
    progress: (update) => events.publish({ type: 'step-progress', step: id, group, ...update }),
    compiling: (kernels) => events.publish({ type: 'step-compiling', step: id, group, kernels }),
    log: (line) => events.publish({ type: 'step-log', step: id, line }),
    warn: (message, hint) =>
      events.publish({ type: 'warning', message: `${id}: ${message}`, ...(hint === undefined ? {} : { hint }) }),
  };
}
