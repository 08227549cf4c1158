import { dirname, relative } from 'node:path';
import { listedNames } from '../../diagnostics/listed-names.js';
import { printable, printableLine } from '../../diagnostics/printable.js';
import type { Output, Style } from '../../diagnostics/style.js';
import { formatBytes } from '../../formats/byte-size.js';
import type { RunEvent } from '../events.js';
import type { RunningStep } from './progress.js';

/** Shows a run. Events come in order; after `close` everything is on its way to the terminal or file. */
export interface Renderer {
  handle(event: RunEvent): void;
  close(): Promise<void>;
}

export { coloured, type Output, type Style, styleFor, uncoloured } from '../../diagnostics/style.js';
export { printable, printableLine };

/** `0.4 s`, `12 s`, `3:07`, `2:05:09`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return clock(whole);
}

/** `0:03`, `12:40`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Resolves when all that was written before has left this process. */
export function written(output: Output): Promise<void> {
  return new Promise((resolve) => {
    output.write('', () => resolve());
  });
}

/** Long texts stay readable: what follows the first line is indented below it. */
function indented(text: string, by: string): string {
  return printable(text.trimEnd()).split('\n').join(`\n${by}`);
}

/** A failed step: which, where it was written, what went wrong, what to do. */
export function failureText(event: Extract<RunEvent, { type: 'step-failed' }>, style: Style): string {
  const where = event.origin ? style.dim(` (${printableLine(event.origin)})`) : '';
  const hint = event.hint ? `\n  hint: ${indented(event.hint, '        ')}` : '';
  return `${style.bad('failed')} ${style.bold(printableLine(event.step))}${where}\n  ${indented(event.message, '  ')}${hint}`;
}

export function warningText(event: Extract<RunEvent, { type: 'warning' }>, style: Style): string {
  const hint = event.hint ? `\n  hint: ${indented(event.hint, '        ')}` : '';
  return `${style.caution('warning')} ${indented(event.message, '  ')}${hint}`;
}

export function startText(event: Extract<RunEvent, { type: 'run-started' }>, style: Style): string {
  return `${style.bold(printableLine(event.workflow))}: ${planned(event)}`;
}

export function planned(event: { readonly steps: number; readonly cached: number }): string {
  return `${event.steps} ${event.steps === 1 ? 'step' : 'steps'}, ${event.cached} cached, ${event.steps - event.cached} to run`;
}

export function deviceText(event: Extract<RunEvent, { type: 'device' }>): string {
  return `device: ${printableLine(event.adapter)}${event.software ? ' (software)' : ''}`;
}

/** `2 runners at work (node-1, node-2), 1 waits for the queue`. */
export function runnersText({ waiting, working, hosts, note }: Extract<RunEvent, { type: 'runners' }>): string {
  const at = hosts.length === 0 ? '' : ` (${printableLine(listedNames(hosts, 4))})`;
  const queued = waiting === 0 ? '' : `, ${waiting} ${waiting === 1 ? 'waits' : 'wait'} for the queue`;
  const said = note === undefined ? '' : `; ${printableLine(note)}`;
  return `${working} ${working === 1 ? 'runner' : 'runners'} at work${at}${queued}${said}`;
}

/** `reading checkpoint base: 1.2 GiB of 3.1 GiB`. */
export function hashingText(event: Extract<RunEvent, { type: 'hashing' }>): string {
  return `reading checkpoint ${printableLine(event.model)}: ${formatBytes(event.done)} of ${formatBytes(event.total)}`;
}

export function collectedText(event: Extract<RunEvent, { type: 'collected' }>): string {
  return `the store was over its limit: ${formatBytes(event.bytes)} of ${event.steps} older steps removed`;
}

/**
 * `waits for run 20260101T090000123-3fa9c1 of exp3 (process 71 of this machine), which works on it since 09:02:11`, or `…, silent for
 * 40 s (since 09:02:51), taken over in 1:20 unless it speaks`. A process of this machine that is stopped is not taken over.
 */
export function waitingText(event: Extract<RunEvent, { type: 'step-waiting' }>): string {
  const { process: pid, host, silentSeconds, silentSince, takenOverInSeconds } = event;
  const process = `process ${pid} of ${host === null ? 'this machine' : `another machine (${printableLine(host)})`}`;
  const { run, workflow } = event;
  const isNamed = run !== undefined && workflow !== undefined;
  const who = isNamed ? `run ${printableLine(run)} of ${printableLine(workflow)} (${process})` : process;
  if (silentSeconds === undefined) {
    return `waits for ${who}, which works on it${event.since === undefined ? '' : ` since ${timeOfDay(event.since)}`}`;
  }
  const silent = `silent for ${duration(silentSeconds)}${silentSince === undefined ? '' : ` (since ${timeOfDay(silentSince)})`}`;
  if (takenOverInSeconds === undefined)
    return `waits for ${who}, ${silent}: it lives, but seems to be stopped; continue or end it`;
  return `waits for ${who}, ${silent}, taken over in ${duration(takenOverInSeconds)} unless it speaks`;
}

/** `09:02:11`, where the reader is. */
function timeOfDay(time: string): string {
  return new Date(time).toTimeString().slice(0, 8);
}

/** `37/196 steps`, `1.2 GiB of 3.1 GiB`. */
export function progressText({ done, total, unit }: Pick<RunningStep, 'done' | 'total' | 'unit'>): string {
  if (unit === 'bytes') return `${formatBytes(done)} of ${formatBytes(total)}`;
  return `${done}/${total}${unit === undefined ? '' : ` ${printableLine(unit)}`}`;
}

/** What ran, what did not, where the results are. */
export function summaryText(
  event: Extract<RunEvent, { type: 'summary' }>,
  changedResults: readonly string[],
  style: Style,
): string {
  const counts = [`${event.ran} ran`, `${event.cached} cached`];
  if (event.failed > 0) counts.push(style.bad(`${event.failed} failed`));
  if (event.skipped > 0) counts.push(style.caution(`${event.skipped} not run because of that`));
  const verdict = event.interrupted
    ? style.caution('interrupted')
    : event.failed > 0 || event.problem !== undefined
      ? style.bad('failed')
      : style.good('done');
  const lines = [`${verdict} in ${duration(event.seconds)}: ${counts.join(', ')}`];
  if (event.interrupted) lines.push('  finished steps are kept: the same command continues from here');
  if (event.results !== undefined) {
    lines.push(`  results: ${printableLine(fromHere(event.results))}${changedNote(changedResults, event.results)}`);
  }
  if (event.report) lines.push(`  report:  ${printableLine(fromHere(event.report))}`);
  return lines.join('\n');
}

function changedNote(changed: readonly string[], folder: string): string {
  if (changed.length === 0) return ' (unchanged)';
  const names = changed.map((file) => {
    const inFolder = relative(folder, file);
    return inFolder.startsWith('..') ? file : inFolder;
  });
  return ` (new: ${grouped(names).map(printableLine).join(', ')})`;
}

/** Several files of one folder are told by their number; so are all those of the cells of a matrix. */
function grouped(names: readonly string[]): string[] {
  const folderOf = (name: string) => (name.startsWith('cells/') ? 'cells' : dirname(name));
  const folders = new Map<string, string[]>();
  for (const name of names) {
    const files = folders.get(folderOf(name));
    if (files === undefined) folders.set(folderOf(name), [name]);
    else files.push(name);
  }
  const texts = names.map((name) => {
    const folder = folderOf(name);
    const files = folders.get(folder)!;
    if (folder === '.' || files.length === 1) return name;
    const cells = folder === 'cells' ? new Set(files.map((file) => file.split('/')[1])) : undefined;
    return `${folder}/ (${files.length} files${cells === undefined ? '' : ` of ${cells.size} cells`})`;
  });
  return [...new Set(texts)];
}

/** A path as the reader would type it: relative to the current folder when it lies in it. */
function fromHere(path: string): string {
  const fromWorkingFolder = relative(process.cwd(), path);
  return fromWorkingFolder === '' || fromWorkingFolder.startsWith('..') ? path : fromWorkingFolder;
}
