import type { StepStore } from '../schedule/step-store.js';
import type { JointRun } from './joint-run.js';

/** The store as a runner sees it: that a forced step has run is noted with its lock in hand, so that no other runs it again. */
export function withForcedSteps(store: StepStore, joint: JointRun): StepStore {
  return {
    ...store,
    record: async (action, options) => {
      const difference = await store.record(action, options);
      if (options.replace) await joint.addForced(action.step);
      return difference;
    },
  };
}
