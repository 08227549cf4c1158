import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, UsageError } from '../../diagnostics/errors.js';
import { type Digest, isDigest } from '../../formats/digest.js';
import { isInnerName } from '../../formats/inner-path.js';
import type { Study } from '../../workflow/study.js';
import { cellsFolder } from './name.js';

/** A file that a run put into a results folder, as `run.json` lists it. */
export interface PublishedFile {
  /** Below the folder, with `/`. */
  readonly file: string;
  readonly step: string;
  /** Digest of the bytes that were written; null as long as nothing was. */
  readonly digest: Digest | null;
  /** Digest of what the step made, where the run added something to it. */
  readonly source?: Digest;
  /** Id of the run that made it; null as long as none has. */
  readonly run: string | null;
  /** False: it is of an earlier run, and what the newest run says need not hold for it. */
  readonly current: boolean;
  /** Settings of the run that made it, as canonical text; undefined when they are not known. */
  readonly settings: string | undefined;
}

/** What the `run.json` of a results folder says of what is in it. */
export interface ResultsRecord {
  /** The workflow's own file; absolute. */
  readonly workflowFile: string;
  /** When the run that wrote it ended, in ISO 8601. */
  readonly finished: string | undefined;
  readonly files: readonly PublishedFile[];
  /** Names of files that no run has made. */
  readonly foreign: readonly string[];
}

/**
 * The record of a folder; undefined where there is none, or a file of another program in its place.
 * @throws EnvironmentError when it cannot be read
 */
export function readResultsRecord(folder: string): ResultsRecord | undefined {
  const record = readJson(join(folder, 'run.json'));
  const workflow = objectOf(record.workflow);
  if (typeof record.run !== 'string' || typeof workflow.file !== 'string') return undefined;
  const newest = { run: record.run, settings: workflow.settings };
  return {
    workflowFile: workflow.file,
    finished:
      typeof record.finished === 'string' && !Number.isNaN(Date.parse(record.finished)) ? record.finished : undefined,
    files: listOf(record.results).flatMap((entry) => publishedFile({ ...newest, ...objectOf(entry) })),
    foreign: listOf(record.foreign).filter((name) => typeof name === 'string'),
  };
}

/** What a run was given besides the workflow's text, as `run.json` says it: the same text for the same settings. */
export function settingsText({ applied, axes, cells }: Study): string {
  const { profile, set, semantics } = applied;
  const settings = { profile: profile ?? null, set: set.toSorted(), semantics: semantics ?? null };
  const matrix = axes.length === 0 ? {} : { cells: cells.map(({ label }) => label) };
  return JSON.stringify({ ...settings, ...matrix });
}

/** The part of a run's settings that a file depends on: what is of one cell is the same whatever other cells there are. */
export function settingsBehind(file: string, settings: string): string {
  if (!file.startsWith(`${cellsFolder}/`)) return settings;
  const { cells: _, ...ofCell } = objectOf(JSON.parse(settings));
  return JSON.stringify(ofCell);
}

/**
 * A folder holds the results of one workflow. That of a file that is gone (moved, renamed) may be taken over: what is of
 * it is put aside, not lost.
 * @throws UsageError when the folder has results of another workflow file
 */
export function refuseAnotherWorkflow(folder: string, record: ResultsRecord | undefined, workflowFile: string): void {
  if (record === undefined || !existsSync(record.workflowFile)) return;
  if (isSameWorkflow(record, workflowFile)) return;
  throw new UsageError(
    `the results folder ${folder} has the results of another workflow: ${record.workflowFile}, not ${workflowFile}`,
    { hint: 'Name another folder with --out DIR, or give one of the two workflows another name.' },
  );
}

export function isSameWorkflow(record: ResultsRecord, workflowFile: string): boolean {
  return realPath(record.workflowFile) === realPath(workflowFile);
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** Nothing of what stands in a record may lead out of the folder. */
function publishedFile({
  file,
  step,
  digest,
  source,
  run,
  current,
  settings,
}: Record<string, unknown>): PublishedFile[] {
  if (typeof file !== 'string' || typeof step !== 'string' || !isDigest(digest)) return [];
  if (!isInnerName(file)) return [];
  return [
    {
      file,
      step,
      digest,
      ...(isDigest(source) ? { source } : {}),
      run: typeof run === 'string' ? run : null,
      current: current !== false,
      settings: settings == null ? undefined : settingsBehind(file, JSON.stringify(settings)),
    },
  ];
}

function readJson(file: string): Record<string, unknown> {
  try {
    // Opening a named pipe would wait for ever.
    return lstatSync(file).isFile() ? objectOf(JSON.parse(readFileSync(file, 'utf8'))) : {};
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof SyntaxError || code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw new EnvironmentError(`${file} cannot be read: ${message}`, {
      cause,
      hint: 'Mend its permissions, or name another folder with --out DIR.',
    });
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
