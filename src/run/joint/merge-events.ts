import type { RunEvent } from '../events.js';

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { type: Type }>;

/**
 * One stream of the events of all runners of a joint run: each step begins and ends once, and what each runner comes upon as
 * cached is told only of steps that no runner did. Pure: it is given events, and gives events.
 */
export class MergedEvents {
  readonly #publish: (event: RunEvent) => void;
  /** The runner that works on each step; a later one has taken it over. */
  readonly #workers = new Map<string, string>();
  readonly #ended = new Set<string>();
  /** Steps that some runner found cached or left out: another may have done them, and its word comes later. */
  readonly #held = new Map<string, { readonly event: EventOf<'step-cached' | 'step-skipped'>; turns: number }>();
  readonly #told = new Set<string>();
  #steps: number;

  /** @param steps that were told of the plan */
  constructor(steps: number, publish: (event: RunEvent) => void) {
    this.#steps = steps;
    this.#publish = publish;
  }

  /** @param runner a name of the runner */
  add(runner: string, event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
      case 'plan-extended': {
        if (event.steps <= this.#steps) return;
        this.#steps = event.steps;
        const { steps, cached, groups } = event;
        this.#publish({ type: 'plan-extended', steps, cached, groups });
        return;
      }
      case 'step-started':
        if (this.#ended.has(event.step)) return;
        this.#held.delete(event.step);
        this.#workers.set(event.step, runner);
        this.#publish(event);
        return;
      case 'step-progress':
      case 'step-compiling':
      case 'step-log':
        if (this.#workers.get(event.step) === runner && !this.#ended.has(event.step)) this.#publish(event);
        return;
      case 'step-waiting':
        // Runners of this joint run wait for each other all the time; only what is no runner of it is worth a word.
        if (event.run !== undefined && !this.#workers.has(event.step)) this.#publish(event);
        return;
      case 'step-finished':
      case 'step-failed':
        this.#end(event);
        return;
      case 'step-cached':
      case 'step-skipped':
        if (!this.#ended.has(event.step)) this.#held.set(event.step, { event, turns: 0 });
        return;
      case 'warning':
      case 'notice':
      case 'hashing':
      case 'device':
        this.#tellOnce(event);
        return;
      // These are told of the whole, by whoever publishes it.
      case 'collected':
      case 'result':
      case 'summary':
      case 'runners':
    }
  }

  /** Counts that all runners were read: what they said of a step that was held is known after the next time. */
  turn(): void {
    for (const [step, held] of this.#held) {
      held.turns += 1;
      if (held.event.type === 'step-skipped' || held.turns < 2 || this.#workers.has(step)) continue;
      this.#end(held.event);
    }
  }

  /** Tells what is still held: nothing more comes. */
  close(): void {
    for (const { event } of this.#held.values()) this.#end(event);
  }

  #end(event: EventOf<'step-finished' | 'step-failed' | 'step-cached' | 'step-skipped'>): void {
    this.#held.delete(event.step);
    if (this.#ended.has(event.step)) return;
    this.#ended.add(event.step);
    this.#workers.delete(event.step);
    this.#publish(event);
  }

  #tellOnce(event: RunEvent): void {
    const text = JSON.stringify(event);
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#publish(event);
  }
}
