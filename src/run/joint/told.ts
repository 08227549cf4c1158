import { setTimeout as sleep } from 'node:timers/promises';
import { EventBus, type RunEvent } from '../events.js';
import type { Prepared } from '../prepare.js';
import { RunTimes, type StepTime } from '../run-times.js';
import type { StepRecord } from '../schedule/run-records.js';
import { EventLogReader, type LoggedEvent } from './event-log.js';
import { eventsFile, type JointRun, placeNames } from './joint-run.js';

type Failed = Extract<RunEvent, { type: 'step-failed' }>;

/** What all runners of a joint run did, as their events tell it. */
export class ToldByRunners {
  readonly #seconds = new Map<string, number>();
  readonly #failed = new Map<string, Failed>();
  readonly #times: StepTime[] = [];
  readonly #begun = new Set<string>();

  /** @param runners the events of each, in their order; @param started milliseconds since 1970 */
  constructor(runners: Iterable<readonly LoggedEvent[]>, started: number) {
    for (const events of runners) this.#addRunner(events, started);
    // What failed on one host and was done by another did not fail.
    for (const step of this.#seconds.keys()) this.#failed.delete(step);
    this.#times.sort((a, b) => a.start - b.start);
  }

  #addRunner(events: readonly LoggedEvent[], started: number): void {
    const bus = new EventBus();
    let now = started;
    // Clocks of hosts differ.
    const times = new RunTimes(bus, () => Math.max(0, now - started) / 1000);
    for (const { at, event } of events) {
      now = at;
      bus.publish(event);
      if (event.type === 'step-started') this.#begun.add(event.step);
      if (event.type === 'step-finished' && !this.#seconds.has(event.step))
        this.#seconds.set(event.step, event.seconds);
      if (event.type === 'step-failed' && !this.#failed.has(event.step)) this.#failed.set(event.step, event);
    }
    this.#times.push(...times.list());
  }

  get times(): readonly StepTime[] {
    return this.#times;
  }

  /** Steps that a runner began, and whose end no runner has told. */
  get open(): readonly string[] {
    return [...this.#begun].filter((step) => !this.#seconds.has(step) && !this.#failed.has(step));
  }

  get failures(): readonly Failed[] {
    return [...this.#failed.values()];
  }

  /** What became of each step of a plan: what is not cached and did not fail was not done. */
  records({ steps, outcomes }: Pick<Prepared, 'steps' | 'outcomes'>): Map<string, StepRecord> {
    const records = new Map<string, StepRecord>();
    const [first] = this.#failed.keys();
    for (const { id, inputs } of steps) {
      const failed = this.#failed.get(id);
      const seconds = this.#seconds.get(id);
      if (outcomes.get(id)?.status === 'cached') {
        records.set(id, { state: seconds === undefined ? 'cached' : 'ran', seconds, problem: undefined });
      } else if (failed !== undefined) {
        records.set(id, { state: 'failed', seconds: undefined, problem: failed.message });
      } else if (first !== undefined) {
        const before = Object.values(inputs).find(({ node }) => isFailed(records.get(node)))?.node;
        const problem = before === undefined ? `not started after ${first} failed` : `${before} failed`;
        records.set(id, { state: 'skipped', seconds: undefined, problem });
      }
    }
    return records;
  }
}

function isFailed(record: StepRecord | undefined): boolean {
  return record?.state === 'failed' || record?.state === 'skipped';
}

/** A runner tells of the end of a step right after others see its record. */
const mostSecondsBehind = 5;

/** Reads what all runners of a joint run said, and waits for a moment for the word of those that have just ended a step. */
export async function toldByRunners(joint: JointRun, started: string): Promise<ToldByRunners> {
  for (let seconds = 0; ; seconds += 0.1) {
    await joint.refresh();
    const runners = joint
      .places()
      .map((place) => [...new EventLogReader(joint.folder, [...placeNames(place), eventsFile]).read()]);
    const told = new ToldByRunners(runners, Date.parse(started));
    const isAwaited = told.open.length > 0 && joint.stop() === undefined;
    if (!isAwaited || seconds >= mostSecondsBehind) return told;
    await sleep(100);
  }
}
