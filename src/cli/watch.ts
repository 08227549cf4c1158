import { type Dirent, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidWorkflowError, UsageError } from '../diagnostics/errors.js';
import { type KnownContents, resolvePrograms } from '../run/programs/resolve-programs.js';
import { localInputs } from '../workflow/local-inputs.js';
import type { Study } from '../workflow/study.js';

/** Time between two looks. Network disks do not tell of changes, so that looking is what works everywhere. */
const lookMilliseconds = 500;
/** More files than this in a folder are looked at no further. */
const mostFiles = 10_000;

/** What a file was like: when any of it changes, the file counts as changed. */
export type Snapshot = ReadonlyMap<string, string>;

/**
 * Files and folders whose change asks for another run: those that the workflow was read from, its local data and
 * checkpoints, and the files of programs that it runs.
 */
export function watchedPaths({ files, cells }: Study): readonly string[] {
  const inputs = cells.flatMap(({ workflow }) => localInputs(workflow).map(({ path }) => path));
  const known: KnownContents = new Map();
  const programs = cells.flatMap(({ workflow }) => resolvePrograms(workflow, known));
  const ofPrograms = programs.flatMap((program) => program.files.map(({ file }) => file));
  return [...files.map(({ file }) => file), ...new Set([...inputs, ...ofPrograms])];
}

/** What may mend a workflow that cannot be read: every YAML file of its folder and below, where all that it includes lies. */
export function pathsOfBroken(file: string): readonly string[] {
  const path = resolve(file);
  return [path, ...filesBelow(dirname(path)).filter((other) => /\.ya?ml$/.test(other))];
}

/**
 * Whether an error is of the command line: an option or a target that does not fit, programs that nobody allows, or a workflow
 * file that cannot be read at all.
 */
export function isOfCommandLine(error: Error): boolean {
  if (error instanceof UsageError) return true;
  if (!(error instanceof InvalidWorkflowError)) return false;
  // What has no place is no mistake in a text. Values of options are called after their options.
  return error.diagnostics.some(({ range }) => range === undefined || range.file.startsWith('--'));
}

/** Size, time and inode of each file; of a folder, those of all files in it and below. A missing one counts, too. */
export function snapshotOf(paths: readonly string[]): Snapshot {
  const found = new Map<string, string>();
  for (const path of paths) {
    found.set(path, signatureOf(path));
    for (const file of filesBelow(path)) found.set(file, signatureOf(file));
  }
  return found;
}

/** Paths that differ between two snapshots. */
export function changedPaths(before: Snapshot, after: Snapshot): string[] {
  const all = new Set([...before.keys(), ...after.keys()]);
  return [...all].filter((path) => before.get(path) !== after.get(path));
}

/**
 * Waits until something differs from a snapshot and has not changed for one look more: an editor may write a file in parts, and a
 * copy takes its time.
 *
 * @returns the paths that changed; none when the signal ended the waiting
 */
export async function nextChange(
  paths: () => readonly string[],
  before: Snapshot,
  signal: AbortSignal,
): Promise<string[]> {
  let last = before;
  while (!signal.aborted) {
    const now = snapshotOf(paths());
    const changed = changedPaths(before, now);
    if (changed.length > 0 && changedPaths(last, now).length === 0) return changed;
    last = now;
    await pause(lookMilliseconds, undefined, { signal }).catch(() => undefined);
  }
  return [];
}

function signatureOf(path: string): string {
  try {
    const { size, mtimeMs, ctimeMs, ino, mode } = statSync(path);
    return `${size} ${mtimeMs} ${ctimeMs} ${ino} ${mode}`;
  } catch {
    return 'missing';
  }
}

function filesBelow(folder: string): string[] {
  const files: string[] = [];
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined && files.length < mostFiles; next = pending.pop()) {
    for (const entry of entriesOf(next)) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && entry.name !== 'node_modules') pending.push(path);
      } else files.push(path);
    }
  }
  return files;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
