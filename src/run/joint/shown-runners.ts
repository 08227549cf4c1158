import type { Store } from '../../store/store.js';
import { EventLogReader } from './event-log.js';
import { eventsFile, JointRun, placeName, placeNames } from './joint-run.js';

/** A runner of a joint run, for whoever looks back; null: not known. */
export interface ShownRunner {
  /** Attempt and index: `1.0`. */
  readonly runner: string;
  /** What the queue called its job. */
  readonly job: string | null;
  readonly host: string | null;
  readonly device: string | null;
  /** ISO 8601 */
  readonly started: string | null;
  /** How it ended: `done`, `idle`, …; null: it is at work, waits for its queue, or left no word. */
  readonly how: string | null;
  readonly problem: string | null;
  /** Steps that it did. */
  readonly steps: number;
}

/** The runners of a joint run, in the order of their submission. */
export function shownRunners(store: Store, run: string): readonly ShownRunner[] {
  const joint = new JointRun(store, run);
  return joint.places().map((place) => {
    const begun = joint.begun(place);
    const exit = joint.exit(place);
    const job = joint.job(place.attempt);
    const events = new EventLogReader(joint.folder, [...placeNames(place), eventsFile]).read();
    return {
      runner: placeName(place),
      job: job !== undefined && 'job' in job ? job.job : null,
      host: begun?.host ?? null,
      device: begun?.device?.description ?? null,
      started: begun?.started ?? null,
      how: exit?.how ?? null,
      problem: exit?.problem ?? (job !== undefined && 'refused' in job ? job.refused : null),
      steps: [...events].filter(({ event }) => event.type === 'step-finished').length,
    };
  });
}
