import type { EventBus } from './events.js';

/** One attempt at a step, in seconds since the run began. */
export interface StepTime {
  readonly step: string;
  readonly group: string;
  readonly attempt: number;
  /** Why it had to run. */
  readonly reason: string;
  readonly start: number;
  readonly end: number;
  readonly state: 'ran' | 'failed' | 'interrupted';
}

/** When each step of a run was at work, by the run's events. */
export class RunTimes {
  readonly #now: () => number;
  readonly #open = new Map<string, Omit<StepTime, 'end' | 'state'>>();
  readonly #ended: StepTime[] = [];

  /** @param now seconds since the run began */
  constructor(events: EventBus, now: () => number) {
    this.#now = now;
    events.subscribe((event) => {
      if (event.type === 'step-started') {
        // Another attempt: the one before came to nothing.
        this.#end(event.step, 'failed');
        const { step, group, attempt, reason } = event;
        this.#open.set(step, { step, group, attempt, reason, start: now() });
      } else if (event.type === 'step-waiting' || event.type === 'step-cached') {
        // Another run has taken it over.
        this.#end(event.step, 'interrupted');
      } else if (event.type === 'step-finished') this.#end(event.step, 'ran');
      else if (event.type === 'step-failed') this.#end(event.step, 'failed');
    });
  }

  /** Attempts in the order of their beginning; what has no end was interrupted now. */
  list(): readonly StepTime[] {
    const end = this.#now();
    const stopped = [...this.#open.values()].map((open) => ({ ...open, end, state: 'interrupted' as const }));
    return [...this.#ended, ...stopped].sort((a, b) => a.start - b.start);
  }

  #end(step: string, state: StepTime['state']): void {
    const open = this.#open.get(step);
    if (open === undefined) return;
    this.#open.delete(step);
    this.#ended.push({ ...open, end: this.#now(), state });
  }
}
