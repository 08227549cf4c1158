import type { RunEvent } from '../events.js';
import { type GroupProgress, RunProgress, settled, type TimeLeft } from './progress.js';
import {
  clock,
  collectedText,
  deviceText,
  duration,
  failureText,
  hashingText,
  type Output,
  planned,
  printableLine,
  progressText,
  type Renderer,
  runnersText,
  type Style,
  startText,
  summaryText,
  uncoloured,
  waitingText,
  warningText,
  written,
} from './text.js';

/** A group of steps that works on gets a line at most this often. */
const secondsBetweenLines = 10;
/** One that is done sooner gets a single line. */
const secondsBeforeFirstLine = 1;
/** What happens inside a step is told only of steps that take longer. */
const secondsBeforeDetail = 2;

/**
 * A log that reads well in a file: a line when a group of steps is done, and now and then before if it takes long;
 * failures at once and in full. `clock` gives seconds and is replaceable in tests.
 */
export function plainRenderer(
  out: Output,
  options: { readonly style?: Style; readonly clock?: () => number } = {},
): Renderer {
  const style = options.style ?? uncoloured;
  const now = options.clock ?? (() => performance.now() / 1000);
  const progress = new RunProgress();
  const lastLine = new Map<string, number>();
  const changedResults: string[] = [];
  let lastHashing = Number.NEGATIVE_INFINITY;
  /** One failure may keep thousands of steps from running: each reason is told once. */
  const reasonsToldNotToRun = new Set<string>();
  const line = (text: string) => out.write(`${text}\n`);

  function timed(text: string): void {
    line(`${style.dim(clock(now() - (progress.started ?? now())).padStart(7))}  ${text}`);
  }

  function groupLine(group: GroupProgress): void {
    lastLine.set(group.group, now());
    timed(groupText(group, progress, now()));
  }

  /** Two runs of one workflow wait for each other at every step: of one process that is well a line now and then will do. */
  function waits(event: Extract<RunEvent, { type: 'step-waiting' }>): void {
    const who = `waits ${event.process} ${event.host}`;
    const last = lastLine.get(who);
    if (event.silentSeconds === undefined && last !== undefined && now() < last + secondsBetweenLines) return;
    lastLine.set(who, now());
    timed(`${printableLine(event.step)} ${waitingText(event)}`);
  }

  /** A line when a group is complete, and now and then before. */
  function groupWorked(group: GroupProgress): void {
    if (group.firstStart === undefined) return;
    const last = lastLine.get(group.group);
    const due = last === undefined ? group.firstStart + secondsBeforeFirstLine : last + secondsBetweenLines;
    if (settled(group) >= group.steps || now() >= due) groupLine(group);
  }

  // Steps that take long say nothing by themselves.
  const timer = setInterval(() => {
    for (const group of progress.groups.values()) if (group.running.size > 0) groupWorked(group);
  }, 1000);
  timer.unref();

  return {
    handle(event: RunEvent) {
      progress.apply(event, now());
      switch (event.type) {
        case 'run-started':
          line(startText(event, style));
          break;
        case 'plan-extended':
          timed(`plan extended: ${planned(event)}`);
          break;
        case 'hashing':
          if (now() - lastHashing >= secondsBetweenLines) {
            lastHashing = now();
            line(hashingText(event));
          }
          break;
        case 'device':
          timed(deviceText(event));
          break;
        case 'runners':
          timed(runnersText(event));
          break;
        case 'step-started':
          if (event.attempt > 1) timed(`${printableLine(event.step)}: attempt ${event.attempt}`);
          break;
        case 'step-progress':
        case 'step-compiling':
        case 'step-finished':
        case 'step-cached':
          groupWorked(progress.groups.get(event.group)!);
          break;
        case 'step-failed':
          line(failureText(event, style));
          groupWorked(progress.groups.get(event.group)!);
          break;
        case 'step-skipped':
          if (reasonsToldNotToRun.has(event.because)) break;
          reasonsToldNotToRun.add(event.because);
          timed(
            `${style.caution('not run')} ${printableLine(event.step)} and what follows: ${printableLine(event.because)}`,
          );
          break;
        case 'step-waiting':
          waits(event);
          break;
        case 'step-log':
          timed(`${printableLine(event.step)}: ${printableLine(event.line)}`);
          break;
        case 'notice':
          line(printableLine(event.message));
          break;
        case 'warning':
          line(warningText(event, style));
          break;
        case 'result':
          if (event.changed) changedResults.push(event.file);
          break;
        case 'collected':
          line(collectedText(event));
          break;
        case 'summary':
          line(summaryText(event, changedResults, style));
          break;
      }
    },
    close() {
      clearInterval(timer);
      return written(out);
    },
  };
}

/** `SVD of alignment 37/196 (12 cached), 1:20 left`. */
export function groupText(group: GroupProgress, progress: RunProgress, now: number): string {
  const notes: string[] = [];
  if (group.cached > 0) notes.push(`${group.cached} cached`);
  if (group.failed > 0) notes.push(`${group.failed} failed`);
  if (group.skipped > 0) notes.push(`${group.skipped} not run`);
  const counted = `${printableLine(group.group)} ${settled(group)}/${group.steps}`;
  const text = notes.length > 0 ? `${counted} (${notes.join(', ')})` : counted;
  if (settled(group) < group.steps) {
    return text + leftText(progress.timeLeft(now, [group])) + runningText(group, now) + waitsText(group);
  }
  if (group.ran === 0 || group.firstStart === undefined) return text;
  return `${text}, took ${duration((group.lastEnd ?? now) - group.firstStart)}`;
}

/** Ends of a range that differ by less are one number. */
const oneNumber = 1.25;

/** `, 1:20 left`, `, 0:40 to 2:00 left`, `, over 0:40 left`, or nothing while it is unknown or not worth saying. */
export function leftText({ least, most }: TimeLeft): string {
  if (most === undefined) return least <= 1 ? '' : `, over ${duration(least)} left`;
  if (most <= 1) return '';
  if (most <= oneNumber * least) return `, ${duration((least + most) / 2)} left`;
  return `, ${duration(least)} to ${duration(most)} left`;
}

/** Whom a step of the group waits for; `2 wait, the first …` when there are several. */
function waitsText(group: GroupProgress): string {
  const [first] = group.waiting.values();
  if (first === undefined) return '';
  const others = group.waiting.size > 1 ? `${group.waiting.size} steps wait, one ` : '';
  return `; ${others}${waitingText(first)}`;
}

/** Progress of the step that has been running longest, once it has been running for a while. */
function runningText(group: GroupProgress, now: number): string {
  const [step] = group.running.values();
  if (!step || now - step.since < secondsBeforeDetail) return '';
  const notes: string[] = [];
  if (step.total > 1) notes.push(progressText(step));
  if (step.total > 1 && step.note) notes.push(printableLine(step.note));
  if (step.compiling > 0) notes.push(`compiling ${step.compiling} ${step.compiling === 1 ? 'kernel' : 'kernels'}`);
  return notes.length === 0 ? '' : `; ${notes.join(', ')}`;
}
