import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { listedNames } from '../../diagnostics/listed-names.js';
import type { Artifact } from '../../formats/artifact.js';
import { type Digest, digestOf, hexOf } from '../../formats/digest.js';
import { placeFile } from '../../formats/place-file.js';
import { isPartial } from '../../formats/replace-file.js';
import type { ResultFile } from '../../plan/plan.js';
import { publishedKind } from '../../store/action-store.js';
import type { Lock } from '../../store/locks.js';
import { DamagedObjectError, unlessDamaged } from '../../store/object-store.js';
import type { Store } from '../../store/store.js';
import type { EventBus } from '../events.js';
import type { Prepared } from '../prepare.js';
import { digestOfFile } from './file.js';
import { foldersOf, refuseLinkedFolders } from './links.js';
import { moveToPrevious, previousFolder } from './previous-folder.js';
import {
  isSameWorkflow,
  type PublishedFile,
  type ResultsRecord,
  readResultsRecord,
  refuseAnotherWorkflow,
  settingsBehind,
} from './record.js';
import { ReplacedFiles, reasonToKeep } from './replaced-files.js';

const timelineFile = 'timeline.json';
/** Stands for a step in the record of what the run itself wrote. */
const runStep = 'run';
/** Names are listed in a message up to so many. */
const namesShown = 5;
/** What a killed run was writing. */
const partialKept = 3600_000;

/** A run, as far as its results go. */
export interface ResultsOfRun {
  readonly id: string;
  readonly workflowFile: string;
  /** Settings of the run, as canonical text. */
  readonly settings: string;
}

/** What is other in the folder than an earlier run left it. */
export interface FolderChanges {
  /** When that run ended, in ISO 8601; undefined when there was none. */
  readonly since: string | undefined;
  /** Results with another content, as far as they are those of steps alone. */
  readonly files: readonly string[];
  /** The text of claims.csv before and now, where both are there. */
  readonly claims: { readonly before: string; readonly now: string } | undefined;
}

/** A file that a step made, and where it goes below the folder. */
interface PlacedFile {
  readonly file: string;
  readonly node: string;
  readonly artifact: Artifact;
}

/** What a run itself puts into its results beside what steps made. */
export interface RunPages {
  /** Whether the run did anything: if not, what an earlier run wrote of itself stays as it is. */
  readonly isNews: boolean;
  /**
   * The page of the report, to which the run adds what it knows of itself.
   * @param file `report.html`, below the folder of its cell where there are several
   */
  reportPage(file: string, page: string, changes: FolderChanges): Promise<string>;
  /** Text of `timeline.json`. */
  timeline(): string;
}

/** What is in the folder after a run. */
export interface FolderContents {
  readonly files: readonly PublishedFile[];
  /** Names of what no run has made, for `run.json`. */
  readonly foreign: readonly string[];
}

/**
 * Where a user finds what came out. Nothing in it is lost or mixed up without a word: what this run does not make any
 * more, was changed by hand, is of other settings or of another program is moved to `previous/` before a file takes its
 * place, and `run.json` says of every file which run made it and whether the newest run vouches for it.
 */
export class ResultsFolder {
  /** Absolute. */
  readonly path: string;
  readonly #store: Store;
  readonly #events: EventBus;
  readonly #run: ResultsOfRun;
  /** Files of earlier runs that had to make room in this one, where they are now. */
  readonly #aside: PublishedFile[] = [];
  readonly #replaced = new ReplacedFiles();
  /** The lock of the folder, while files are placed. */
  #held: Lock | undefined;

  constructor(path: string, store: Store, events: EventBus, run: ResultsOfRun) {
    this.path = path;
    this.#store = store;
    this.#events = events;
    this.#run = run;
  }

  /**
   * Refuses what no run of this plan may write into, before it has worked for hours.
   * @throws UsageError when a folder in the results folder is a link
   */
  check({ plan, outcomes }: Prepared): void {
    const made = plan.results.flatMap((result) => filesOf(result, outcomes));
    const earlier = readResultsRecord(this.path)?.files ?? [];
    const files = [...plan.results, ...made, ...earlier].map(({ file }) => file);
    refuseLinkedFolders(this.path, files);
  }

  /**
   * Copies every result whose step is done, unless its file is there already and has the same bytes, and writes
   * `run.json`. One run at a time of those that share the store; between stores the last one wins, file by file.
   *
   * @param complete the run made all that the workflow makes: what it did not make is of the past
   * @param pages what the run adds of itself
   * @param describe the text of `run.json`
   * @returns what is in the folder now
   * @throws DamagedObjectError when an object is not what it should be; EnvironmentError when the folder cannot be
   * written; UsageError when another workflow has come to use it meanwhile, or a folder in it is a link
   */
  async publish(
    prepared: Prepared,
    complete: boolean,
    pages: RunPages,
    describe: (contents: FolderContents) => string,
  ): Promise<FolderContents> {
    const lock = await this.#takeLock();
    this.#held = lock;
    try {
      const record = readResultsRecord(this.path);
      refuseAnotherWorkflow(this.path, record, this.#run.workflowFile);
      this.check(prepared);
      const earlier = earlierFiles(record, this.#run.workflowFile);
      const made = await this.#makeRoomAndPlace(prepared, earlier, pages, record?.finished);
      const rest = await this.#keepOrMove(earlier, new Set(made.map(({ file }) => file)), complete);
      if (record === undefined && exists(join(this.path, 'run.json'))) {
        await this.#requireLock();
        const to = await moveToPrevious(this.path, 'run.json');
        this.#warn(`run.json in ${this.path} was not written by runflow: moved to ${to}`);
      }
      const files = [...made, ...rest, ...neverMade(prepared, [...made, ...rest])];
      const contents = { files, foreign: this.#foreign(files, record) };
      await this.#requireLock();
      await placeFile(join(this.path, 'run.json'), describe(contents), '--out');
      return contents;
    } finally {
      await lock.release();
    }
  }

  async #takeLock(): Promise<Lock> {
    const real = existsSync(this.path) ? realpathSync(this.path) : this.path;
    const claimed = await this.#store.locks.acquire(`results-${hexOf(digestOf(real)).slice(0, 32)}`, () => undefined);
    if (!('lock' in claimed)) throw new Error('a lock that nothing can make superfluous');
    return claimed.lock;
  }

  /** Asked before each file that is placed or moved: who was stopped for long, and goes on, must not mix its files with those of another run. */
  async #requireLock(): Promise<void> {
    if (await this.#held!.isOurs()) return;
    throw new EnvironmentError(`another run writes to ${this.path}: this one gave no sign of life for too long`, {
      hint: 'Run the same command again when the other is done: finished steps are kept.',
    });
  }

  /** Places what the run made. What had to make room is told whatever happens. */
  async #makeRoomAndPlace(
    prepared: Prepared,
    earlier: ReadonlyMap<string, PublishedFile>,
    pages: RunPages,
    since: string | undefined,
  ): Promise<PublishedFile[]> {
    try {
      const made = await this.#placeAll(prepared, earlier, pages, since);
      return [...made, await this.#placeTimeline(pages, earlier)];
    } finally {
      for (const message of this.#replaced.messages(this.path, namesShown)) this.#warn(message);
    }
  }

  async #placeAll(
    { plan, outcomes }: Prepared,
    earlier: ReadonlyMap<string, PublishedFile>,
    pages: RunPages,
    since: string | undefined,
  ): Promise<PublishedFile[]> {
    const made: PublishedFile[] = [];
    let damaged: DamagedObjectError | undefined;
    const results = plan.results.flatMap((result) => filesOf(result, outcomes));
    // What is other than before is told before anything is.
    const changes = new Map<string, FolderChanges>();
    for (const { file } of results.filter((result) => isReport(result.file))) {
      changes.set(file, await this.#changes(posix.dirname(file), results, earlier, since));
    }
    for (const { file, node, artifact } of results) {
      try {
        const known = earlier.get(file);
        const placed = isReport(file)
          ? await this.#placeReport(file, artifact, known, pages, changes.get(file)!)
          : await this.#place(file, artifact.digest, known, () => this.#store.read(artifact));
        made.push({ ...placed, step: node });
      } catch (error) {
        // Read on: all that is damaged is to be found, and thrown away, at once.
        if (!(error instanceof DamagedObjectError)) throw error;
        damaged ??= error;
      }
    }
    if (damaged !== undefined) throw damaged;
    return made;
  }

  /** Puts a result into its place, unless it is there. */
  async #place(
    file: string,
    digest: Digest,
    known: PublishedFile | undefined,
    read: () => Promise<Uint8Array>,
  ): Promise<PublishedFile> {
    const { id } = this.#run;
    const settings = this.#settingsBehind(file);
    const path = join(this.path, file);
    const present = await digestOfFile(path);
    if (present !== digest) {
      // Read first: with a damaged object nothing is touched.
      const bytes = await read();
      await this.#requireLock();
      const reason = exists(path) ? reasonToKeep(known, present, settings) : undefined;
      if (reason !== undefined) {
        const to = await moveToPrevious(this.path, file);
        if (known !== undefined && known.digest === present) this.#aside.push({ ...known, file: to, current: false });
        this.#replaced.add(reason, file, to);
      }
      await placeFile(path, bytes, '--out');
    }
    this.#events.publish({ type: 'result', file: path, changed: present !== digest });
    const run = known?.digest === digest ? known.run : id;
    return { file, step: runStep, digest, run, current: true, settings };
  }

  /** The page that the step made with what the run adds to it. That of an earlier run stays if there is nothing new to tell. */
  async #placeReport(
    file: string,
    artifact: Artifact,
    known: PublishedFile | undefined,
    pages: RunPages,
    changes: FolderChanges,
  ): Promise<PublishedFile> {
    const body = await this.#store.read(artifact);
    const isAsBefore = !pages.isNews && known?.source === artifact.digest;
    const kept = isAsBefore ? await this.#bytesOf(known) : undefined;
    const bytes = kept ?? new TextEncoder().encode(await pages.reportPage(file, textOf(body), changes));
    const placed = await this.#placeBytes(file, bytes, known);
    return { ...placed, source: artifact.digest };
  }

  async #placeTimeline(pages: RunPages, earlier: ReadonlyMap<string, PublishedFile>): Promise<PublishedFile> {
    const known = earlier.get(timelineFile);
    const kept = pages.isNews || known === undefined ? undefined : await this.#bytesOf(known);
    return this.#placeBytes(timelineFile, kept ?? new TextEncoder().encode(pages.timeline()), known);
  }

  /** Places what no step made. The store keeps it too, under a record as of a step, for whoever looks back at the run, and has it already when nothing is new. */
  async #placeBytes(file: string, bytes: Uint8Array, known: PublishedFile | undefined): Promise<PublishedFile> {
    const digest = digestOf(bytes);
    const key = digestOf(`published ${digest}`);
    if (this.#store.actions.lookUp(key).status !== 'hit') {
      const object = await this.#store.objects.put(bytes);
      await this.#store.actions.record({
        key,
        kind: publishedKind,
        revision: 1,
        params: {},
        inputs: {},
        versions: {},
        outputs: { [file]: object },
        workflow: this.#run.workflowFile,
        step: runStep,
        seconds: 0,
        started: new Date().toISOString(),
      });
    }
    return this.#place(file, digest, known, () => Promise.resolve(bytes));
  }

  /** The bytes of a file that is as an earlier run with the same settings left it. */
  async #bytesOf({ file, digest, settings }: PublishedFile): Promise<Uint8Array | undefined> {
    const path = join(this.path, file);
    if (settings !== this.#settingsBehind(file) || (await digestOfFile(path)) !== digest) return undefined;
    return readFileSync(path);
  }

  #settingsBehind(file: string): string {
    return settingsBehind(file, this.#run.settings);
  }

  /** @param folder of the cell, below that of the study; `.`: the study's own */
  async #changes(
    folder: string,
    results: readonly PlacedFile[],
    earlier: ReadonlyMap<string, PublishedFile>,
    since: string | undefined,
  ): Promise<FolderChanges> {
    const files: string[] = [];
    let claims: FolderChanges['claims'];
    for (const { file, artifact } of results) {
      if (isReport(file) || (folder !== '.' && !file.startsWith(`${folder}/`))) continue;
      const known = earlier.get(file);
      const name = posix.relative(folder, file);
      if (known?.digest !== artifact.digest) files.push(name);
      const before = name === 'claims.csv' && known !== undefined ? await this.#bytesOf(known) : undefined;
      if (before === undefined) continue;
      // A damaged object is found, and told, where it is put into its place.
      const now = await this.#store.read(artifact).catch(unlessDamaged);
      if (now !== undefined) claims = { before: textOf(before), now: textOf(now) };
    }
    return { since, files, claims };
  }

  /** What this run has not made: put aside when it never will, else left and not vouched for. */
  async #keepOrMove(
    earlier: ReadonlyMap<string, PublishedFile>,
    made: ReadonlySet<string>,
    complete: boolean,
  ): Promise<PublishedFile[]> {
    const rest: PublishedFile[] = [];
    const moved: string[] = [];
    const stale: string[] = [];
    for (const entry of earlier.values()) {
      if (made.has(entry.file) || !exists(join(this.path, entry.file))) continue;
      const isPrevious = entry.file.startsWith(`${previousFolder}/`);
      const goesAside = complete && !isPrevious;
      if (goesAside) await this.#requireLock();
      const file = goesAside ? await moveToPrevious(this.path, entry.file) : entry.file;
      if (file !== entry.file) moved.push(entry.file);
      else if (!isPrevious) stale.push(file);
      rest.push({ ...entry, file, current: false });
    }
    if (moved.length > 0) {
      this.#warn(
        `${listedNames(moved, namesShown)} in ${this.path}: this run does not make ${itOrThem(moved)} any more: moved to ${previousFolder}/`,
      );
    }
    if (stale.length > 0) {
      const message = `${listedNames(stale, namesShown)} in ${this.path}: of an earlier run, not of this one`;
      this.#warn(message, 'run.json says which run made which file. A run of the whole workflow makes all of them.');
    }
    // A name may have been taken in previous/ by the same bytes once more.
    return [...new Map([...rest, ...this.#aside].map((entry) => [entry.file, entry])).values()];
  }

  /** What is none of ours stays where it is; it is told when it is seen first. */
  #foreign(files: readonly PublishedFile[], record: ResultsRecord | undefined): string[] {
    const ours = new Set(['run.json', ...files.map(({ file }) => file)]);
    const folders = new Set([previousFolder, ...files.flatMap(({ file }) => foldersOf(file))]);
    const foreign: string[] = [];
    for (const folder of ['', ...folders]) {
      for (const name of namesIn(join(this.path, folder))) {
        const file = folder === '' ? name : `${folder}/${name}`;
        if (isPartial(name)) removeOld(join(this.path, file));
        else if (!ours.has(file) && !folders.has(file)) foreign.push(file);
      }
    }
    const news = foreign.filter((file) => !file.startsWith(`${previousFolder}/`) && !record?.foreign.includes(file));
    if (news.length > 0)
      this.#warn(`${listedNames(news, namesShown)} in ${this.path}: no results of runflow, left as they are`);
    return foreign.sort();
  }

  #warn(message: string, hint?: string): void {
    this.#events.publish({ type: 'warning', message, ...(hint === undefined ? {} : { hint }) });
  }
}

/** What earlier runs recorded, by file. Of a workflow whose file is gone the settings count for nothing. */
function earlierFiles(record: ResultsRecord | undefined, workflowFile: string): ReadonlyMap<string, PublishedFile> {
  if (record === undefined) return new Map();
  const isOurs = isSameWorkflow(record, workflowFile);
  return new Map(record.files.map((entry) => [entry.file, isOurs ? entry : { ...entry, settings: undefined }]));
}

/** What a step that is done gives for a result: a file, or every file of a folder. */
function filesOf({ file, node, output }: ResultFile, outcomes: Prepared['outcomes']): readonly PlacedFile[] {
  const outcome = outcomes.get(node);
  if (outcome?.status !== 'cached') return [];
  if (!output.endsWith('/')) return [{ file, node, artifact: outcome.outputs[output]! }];
  const inside = Object.entries(outcome.outputs).filter(([name]) => name.startsWith(output));
  return inside.map(([name, artifact]) => ({ file: file + name.slice(output.length), node, artifact }));
}

function neverMade({ plan, outcomes }: Prepared, present: readonly PublishedFile[]): PublishedFile[] {
  const names = present.map(({ file }) => file);
  const isThere = (file: string) =>
    names.some((name) => name === file || (file.endsWith('/') && name.startsWith(file)));
  return plan.results
    .filter(({ file, node }) => !isThere(file) && !(file.endsWith('/') && outcomes.get(node)?.status === 'cached'))
    .map(({ file, node }) => ({ file, step: node, digest: null, run: null, current: false, settings: undefined }));
}

/** Whether a result is the page of a report: what a step made, to which the run adds. */
export function isReport(file: string): boolean {
  return posix.basename(file) === 'report.html';
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new EnvironmentError(`${folder} cannot be read: ${message}`, { cause, hint: 'Mend its permissions.' });
  }
}

function removeOld(partial: string): void {
  const modified = lstatSync(partial, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
  if (Date.now() - modified > partialKept) rmSync(partial, { force: true });
}

function itOrThem(names: readonly string[]): string {
  return names.length === 1 ? 'it' : 'them';
}
