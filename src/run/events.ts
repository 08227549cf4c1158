import type { Digest } from '../formats/digest.js';
import type { Step } from '../steps/step.js';
import { type ExpectedSeconds, type ExpectedTotal, noneExpected, withExpected } from './expected-seconds.js';
import type { Prepared } from './prepare.js';

/** Everything that happens in a run. Renderers (terminal, plain lines, --json, report) only render; nothing else prints. */
export type RunEvent =
  | {
      type: 'run-started';
      run: string;
      workflow: string;
      time: string;
      /** The cells of a matrix; absent without one. Ids of steps that only some cells have begin with these cells. */
      cells?: readonly string[];
      steps: number;
      cached: number;
      groups: readonly GroupTotal[];
    }
  /** The plan grew because a model's tensors became known. Totals are of the whole plan, as in `run-started`. */
  | { type: 'plan-extended'; steps: number; cached: number; groups: readonly GroupTotal[] }
  /** A model folder is read for its digests; only when it takes long. */
  | { type: 'hashing'; model: string; done: number; total: number }
  | { type: 'device'; adapter: string; deviceClass: string; software: boolean }
  | {
      type: 'step-started';
      step: string;
      kind: string;
      group: string;
      attempt: number;
      reason: string;
      /** The step's part of its group's `cost`. */
      cost?: number;
      /** What earlier runs tell of its time; its part of what the group is `expected` to take. */
      expected?: ExpectedSeconds;
    }
  | { type: 'step-progress'; step: string; group: string; done: number; total: number; unit?: string; note?: string }
  /** The step waits for so many kernels that are being compiled; 0: for none any more. */
  | { type: 'step-compiling'; step: string; group: string; kernels: number }
  /** Another run works on this step; told again now and then while that one gives no sign of life. */
  | {
      type: 'step-waiting';
      step: string;
      group: string;
      process: number;
      /** Name of another host or container; null: it is a process of this one. */
      host: string | null;
      /** The other run and its workflow, where the store tells. */
      run?: string;
      workflow?: string;
      /** When that one began the step, ISO 8601 by its own clock. */
      since?: string;
      silentSeconds?: number;
      /** When its last sign of life was seen, ISO 8601. */
      silentSince?: string;
      /** Seconds until it counts as dead and the step is done here. Absent of a silent one: its process is seen to be alive. */
      takenOverInSeconds?: number;
    }
  /** How many runners of a joint run wait for their queue and are at work, the hosts of these, and what the queue says; told when it changes. */
  | { type: 'runners'; waiting: number; working: number; hosts: readonly string[]; note?: string }
  | { type: 'step-log'; step: string; line: string }
  | { type: 'step-finished'; step: string; group: string; key: Digest; seconds: number; bytes: number }
  | { type: 'step-cached'; step: string; group: string; key: Digest }
  | { type: 'step-failed'; step: string; group: string; message: string; hint?: string; origin?: string }
  | { type: 'step-skipped'; step: string; group: string; because: string }
  | { type: 'warning'; message: string; hint?: string }
  /** Something to know that is no trouble. */
  | { type: 'notice'; message: string }
  /** The store had grown over its limit and was tidied. */
  | { type: 'collected'; bytes: number; steps: number }
  | { type: 'result'; file: string; changed: boolean }
  | {
      type: 'summary';
      ran: number;
      cached: number;
      failed: number;
      skipped: number;
      interrupted: boolean;
      /** What ended the run, when it was no step: results that cannot be written, for instance. */
      problem?: string;
      seconds: number;
      /** The results folder; absent of a run that has none, such as that of an export. */
      results?: string;
      report?: string;
    };

export interface GroupTotal {
  readonly group: string;
  readonly steps: number;
  /** How many of them are known to be cached already; each also gets a `step-cached` event of its own. */
  readonly cached: number;
  /** Expected work of the steps that are not cached, in any unit that is the same throughout the group; for the time left. */
  readonly cost?: number;
  /** What earlier runs tell of the steps that are not cached. */
  readonly expected?: ExpectedTotal;
}

/** Steps, cached steps, expected work and time of each group, in the order of the plan. */
export function groupTotals(
  { steps, outcomes }: Pick<Prepared, 'steps' | 'outcomes'>,
  expectedOf: (step: Step) => ExpectedSeconds,
): GroupTotal[] {
  type Sums = { steps: number; cached: number; cost: number | undefined; expected: ExpectedTotal };
  const totals = new Map<string, Sums>();
  for (const step of steps) {
    const total = totals.get(step.group) ?? { steps: 0, cached: 0, cost: 0, expected: noneExpected };
    total.steps += 1;
    if (outcomes.get(step.id)?.status === 'cached') total.cached += 1;
    else {
      total.cost = total.cost === undefined || step.cost === undefined ? undefined : total.cost + step.cost;
      total.expected = withExpected(total.expected, expectedOf(step));
    }
    totals.set(step.group, total);
  }
  return [...totals].map(([group, { cost, ...counts }]) => ({
    group,
    ...counts,
    ...(cost === undefined ? {} : { cost }),
  }));
}

export type Listener = (event: RunEvent) => void;

/**
 * Where a run says what happens. Listeners are called at once and in the order they subscribed; the last event of every
 * run is `summary`. The bus holds nothing back, so whoever wants to see the start subscribes before the run.
 */
export class EventBus {
  readonly #listeners = new Set<Listener>();

  /** @returns a function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(event: RunEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
