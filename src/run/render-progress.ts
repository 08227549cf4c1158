import type { GroupTotal, RunEvent } from './events.js';

/** One step that is running now. */
export interface RunningStep {
  readonly since: number;
  readonly cost: number;
  done: number;
  total: number;
  unit: string | undefined;
  note: string | undefined;
}

/** One row of the progress display: all steps of a group. Times are in seconds of the caller's clock. */
export interface GroupProgress {
  readonly group: string;
  steps: number;
  cached: number;
  ran: number;
  failed: number;
  skipped: number;
  readonly running: Map<string, RunningStep>;
  /** Time that its finished steps took, and how much of the group's cost they were. */
  seconds: number;
  doneCost: number;
  /** Cost of all steps that were not cached at the start, when the planner told. */
  cost: number | undefined;
  firstStart: number | undefined;
  lastEnd: number | undefined;
}

/** `complete` is false while there are groups of which nothing was measured: then it takes longer than `seconds`. */
export interface TimeLeft {
  readonly seconds: number;
  readonly complete: boolean;
}

/** What a stream of events adds up to: rows by group, time spent, time left. Knows no clock and prints nothing. */
export class RunProgress {
  readonly groups = new Map<string, GroupProgress>();
  started: number | undefined;

  apply(event: RunEvent, now: number): void {
    switch (event.type) {
      case 'run-started':
        this.started = now;
        this.#totals(event.groups);
        break;
      case 'plan-extended':
        this.#totals(event.groups);
        break;
      case 'step-started': {
        const group = this.#group(event.group);
        group.firstStart ??= now;
        group.running.set(event.step, {
          since: now,
          cost: event.cost ?? 1,
          done: 0,
          total: 0,
          unit: undefined,
          note: undefined,
        });
        break;
      }
      case 'step-progress': {
        const step = this.#group(event.group).running.get(event.step);
        if (step) Object.assign(step, { done: event.done, total: event.total, unit: event.unit, note: event.note });
        break;
      }
      case 'step-finished': {
        const group = this.#group(event.group);
        group.doneCost += group.running.get(event.step)?.cost ?? 1;
        group.seconds += event.seconds;
        this.#end(event, now).ran++;
        break;
      }
      case 'step-cached':
        this.#end(event, now).cached++;
        break;
      case 'step-failed':
        this.#end(event, now).failed++;
        break;
      case 'step-skipped':
        this.#end(event, now).skipped++;
        break;
    }
  }

  /**
   * Time left for these groups (all, unless told), from the measured times of their own steps. What runs side by side is
   * taken from what ran side by side so far.
   */
  timeLeft(now: number, groups: Iterable<GroupProgress> = this.groups.values()): TimeLeft {
    let work = 0;
    let complete = true;
    for (const group of groups) {
      const left = groupWorkLeft(group, now);
      if (left === undefined) complete = false;
      else work += left;
    }
    let busy = 0;
    for (const group of this.groups.values()) {
      busy += group.seconds;
      for (const step of group.running.values()) busy += now - step.since;
    }
    const elapsed = now - (this.started ?? now);
    return { seconds: busy > 0 ? work * (elapsed / busy) : work, complete };
  }

  #totals(totals: readonly GroupTotal[]): void {
    for (const total of totals) {
      const group = this.#group(total.group);
      group.steps = total.steps;
      // Totals count what is left to do now; what was done before keeps its part.
      group.cost = total.cost === undefined ? undefined : total.cost + group.doneCost;
    }
  }

  #end(event: { group: string; step: string }, now: number): GroupProgress {
    const group = this.#group(event.group);
    group.running.delete(event.step);
    group.lastEnd = now;
    return group;
  }

  #group(name: string): GroupProgress {
    let group = this.groups.get(name);
    if (!group) {
      group = {
        group: name,
        steps: 0,
        cached: 0,
        ran: 0,
        failed: 0,
        skipped: 0,
        running: new Map(),
        seconds: 0,
        doneCost: 0,
        cost: undefined,
        firstStart: undefined,
        lastEnd: undefined,
      };
      this.groups.set(name, group);
    }
    return group;
  }
}

/** Steps that need nothing more. */
export function settled(group: GroupProgress): number {
  return group.cached + group.ran + group.failed + group.skipped;
}

/** Step-seconds that a group still needs; undefined while nothing of it was measured. */
function groupWorkLeft(group: GroupProgress, now: number): number | undefined {
  const waiting = group.steps - settled(group) - group.running.size;
  if (waiting <= 0 && group.running.size === 0) return 0;
  let seconds = group.seconds;
  let cost = group.doneCost;
  let runningCost = 0;
  for (const step of group.running.values()) {
    runningCost += step.cost;
    if (step.done <= 0 || step.total <= 0) continue;
    seconds += ((now - step.since) * step.total) / step.done;
    cost += step.cost;
  }
  if (cost === 0) return undefined;
  const perCost = seconds / cost;
  let left = 0;
  for (const step of group.running.values()) {
    const elapsed = now - step.since;
    const whole = step.done > 0 && step.total > 0 ? (elapsed * step.total) / step.done : perCost * step.cost;
    left += Math.max(0, whole - elapsed);
  }
  const waitingCost = group.cost === undefined ? waiting : Math.max(0, group.cost - group.doneCost - runningCost);
  return left + (waiting > 0 ? waitingCost * perCost : 0);
}
