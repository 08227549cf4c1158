import type { GroupTotal, RunEvent } from '../events.js';
import { type ExpectedSeconds, type ExpectedTotal, noneExpected, withExpected } from '../expected-seconds.js';

/** One step that is running now. */
export interface RunningStep {
  readonly since: number;
  readonly cost: number;
  readonly expected: ExpectedSeconds;
  done: number;
  total: number;
  unit: string | undefined;
  note: string | undefined;
  /** Kernels that it waits for. */
  compiling: number;
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
  /** Kinds of the steps that began so far. */
  readonly kinds: Set<string>;
  /** Steps that another run works on. */
  readonly waiting: Map<string, Waiting>;
  /** Time that its finished steps took, and how much of the group's cost they were. */
  seconds: number;
  doneCost: number;
  /** Cost of all steps that were not cached at the start, when the planner told. */
  cost: number | undefined;
  /** What earlier runs tell of the steps that had not begun when the plan was told, and have not begun since. */
  expected: ExpectedTotal;
  firstStart: number | undefined;
  lastEnd: number | undefined;
}

/** Between which two numbers of seconds it probably ends; `most` is undefined while nothing tells it of some step. */
export interface TimeLeft {
  readonly least: number;
  readonly most: number | undefined;
}

type Waiting = Extract<RunEvent, { type: 'step-waiting' }>;

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
        group.kinds.add(event.kind);
        group.waiting.delete(event.step);
        const expected = event.expected ?? { least: 0 };
        // Of a step that is tried again, or made again, its part is taken out already.
        if (event.attempt === 1) group.expected = withExpected(group.expected, expected, -1);
        group.running.set(event.step, {
          since: now,
          cost: event.cost ?? 1,
          expected,
          done: 0,
          total: 0,
          unit: undefined,
          note: undefined,
          compiling: 0,
        });
        break;
      }
      case 'step-compiling': {
        const step = this.#group(event.group).running.get(event.step);
        if (step) step.compiling = event.kernels;
        break;
      }
      case 'step-waiting':
        this.#group(event.group).waiting.set(event.step, event);
        // It is in work no more when another run has taken it over.
        this.#group(event.group).running.delete(event.step);
        break;
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
   * Time left for these groups (default: all): from the measured times of their own steps, and from what earlier runs tell
   * of steps like them. The less was measured of a group, the wider the range. Of one group it is the time of its own
   * steps, whatever runs between them. What runs side by side is taken from what ran side by side so far.
   */
  timeLeft(now: number, groups: Iterable<GroupProgress> = this.groups.values()): TimeLeft {
    let least = 0;
    let most: number | undefined = 0;
    for (const group of groups) {
      const left = groupLeft(group, now);
      least += left.least;
      most = left.most !== undefined && most !== undefined ? most + left.most : undefined;
    }
    let busy = 0;
    for (const group of this.groups.values()) {
      busy += group.seconds;
      for (const step of group.running.values()) busy += now - step.since;
    }
    const elapsed = now - (this.started ?? now);
    const sideBySide = busy >= tellingSeconds ? elapsed / busy : 1;
    // Time in which nothing ran, because another run had the lock for instance, may not come again.
    return { least: least * Math.min(1, sideBySide), most: most === undefined ? undefined : most * sideBySide };
  }

  #totals(totals: readonly GroupTotal[]): void {
    for (const total of totals) {
      const group = this.#group(total.group);
      group.steps = total.steps;
      // Totals count what is left to do now; what was done before keeps its part.
      group.cost = total.cost === undefined ? undefined : total.cost + group.doneCost;
      group.expected = total.expected ?? noneExpected;
    }
  }

  #end(event: { group: string; step: string }, now: number): GroupProgress {
    const group = this.#group(event.group);
    group.running.delete(event.step);
    group.waiting.delete(event.step);
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
        kinds: new Set(),
        waiting: new Map(),
        seconds: 0,
        doneCost: 0,
        cost: undefined,
        expected: noneExpected,
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

function doubtOf(group: GroupProgress): number {
  let measurements = group.ran;
  for (const { done, total } of group.running.values()) if (total > 0) measurements += Math.min(done, 100);
  return doubtOfMean(measurements);
}

/**
 * By what factor an estimate may be off, above or below: the more was measured, the less, as the error of a mean falls
 * with the root of their number; never below 1.5, for other programs come and go.
 */
function doubtOfMean(measurements: number): number {
  return 1.5 + 2 / Math.sqrt(Math.max(1, measurements));
}

/** Parts of a step that tell how long it takes: the first ones also start a worker and compile kernels. */
const tellingParts = 3;
const tellingSeconds = 2;
/** Finished steps that tell how long others of a group take, of which the planner knows no cost. */
const tellingSteps = 3;

/**
 * Whether what was measured of a group says how long the rest takes. Steps without a cost may be of different kinds (the
 * tokenising and the training of one model): one of them says nothing of the next.
 */
function isTold(group: GroupProgress, now: number): boolean {
  if (group.cost !== undefined && group.ran > 0) return true;
  const waits = group.steps - settled(group) > group.running.size;
  if (group.ran >= tellingSteps && group.kinds.size === 1) return true;
  if (waits) return false;
  return [...group.running.values()].every((step) => isStepTold(step, now));
}

function isStepTold({ done, total, since }: RunningStep, now: number): boolean {
  return total > 0 && done >= tellingParts && now - since >= tellingSeconds;
}

/** Step-seconds that a group still needs. Where its own steps and earlier runs both tell, what they agree on. */
function groupLeft(group: GroupProgress, now: number): TimeLeft {
  if (settled(group) >= group.steps) return { least: 0, most: 0 };
  const earlier = expectedLeft(group, now);
  const left = isTold(group, now) ? groupWorkLeft(group, now) : undefined;
  if (left === undefined) return earlier;
  const doubt = doubtOf(group);
  const measured = { least: left / doubt, most: left * doubt };
  const least = Math.max(measured.least, earlier.least);
  const most = Math.min(measured.most, earlier.most ?? measured.most);
  return least <= most ? { least, most } : measured;
}

/** What earlier runs tell, and of steps that are well under way their own progress. */
function expectedLeft(group: GroupProgress, now: number): TimeLeft {
  const { steps, ...expected } = group.expected;
  const waiting = group.steps - settled(group) - group.running.size;
  // Some may have turned out cached without having begun.
  const share = steps > 0 ? Math.min(1, waiting / steps) : 0;
  let least = expected.least * share;
  let most = waiting > 0 && (steps === 0 || expected.unknown > 0) ? undefined : expected.most * share;
  for (const step of group.running.values()) {
    const left = stepLeft(step, now);
    least += left.least;
    most = left.most !== undefined && most !== undefined ? most + left.most : undefined;
  }
  return { least, most };
}

function stepLeft(step: RunningStep, now: number): TimeLeft {
  const elapsed = now - step.since;
  if (isStepTold(step, now)) {
    const left = elapsed * (Math.max(step.total, step.done) / step.done - 1);
    const doubt = doubtOfMean(Math.min(step.done, 100));
    return { least: left / doubt, most: left * doubt };
  }
  const { least, most } = step.expected;
  // One that takes longer than any before it may take for ever.
  return {
    least: Math.max(0, least - elapsed),
    most: most === undefined || elapsed > most ? undefined : most - elapsed,
  };
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
