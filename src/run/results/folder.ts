import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { listedNames } from '../../diagnostics/listed-names.js';
import type { Artifact } from '../../formats/artifact.js';
import { placeFile } from '../../formats/place-file.js';
import { isPartial } from '../../formats/replace-file.js';
import type { ResultFile } from '../../plan/plan.js';
import { DamagedObjectError } from '../../store/object-store.js';
import type { Store } from '../../store/store.js';
import type { EventBus } from '../events.js';
import type { Prepared } from '../prepare.js';
import { exists } from './file.js';
import { FilePlacement, type ResultsOfRun } from './file-placement.js';
import { type FolderChanges, folderChanges, isReport, type PlacedFile } from './folder-changes.js';
import { foldersOf, refuseLinkedFolders } from './links.js';
import { moveToPrevious, previousFolder } from './previous-folder.js';
import {
  isSameWorkflow,
  type PublishedFile,
  type ResultsRecord,
  readResultsRecord,
  refuseAnotherWorkflow,
} from './record.js';

const timelineFile = 'timeline.json';
/** Names are listed in a message up to so many. */
const namesShown = 5;
/** What a killed run was writing. */
const partialKept = 3600_000;

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
  /** Files of earlier runs that had to make room in this one, where they are now; those of a round that broke off count. */
  readonly #aside: PublishedFile[] = [];

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
    const { id, workflowFile, settings } = this.#run;
    const run = { id, workflowFile, settings, aside: this.#aside };
    const placement = await FilePlacement.begin(this.path, this.#store, this.#events, run);
    try {
      const record = readResultsRecord(this.path);
      refuseAnotherWorkflow(this.path, record, this.#run.workflowFile);
      this.check(prepared);
      const earlier = earlierFiles(record, this.#run.workflowFile);
      const made = await this.#makeRoomAndPlace(placement, prepared, earlier, pages, record?.finished);
      const rest = await this.#keepOrMove(placement, earlier, new Set(made.map(({ file }) => file)), complete);
      if (record === undefined && exists(join(this.path, 'run.json'))) {
        await placement.requireLock();
        const to = await moveToPrevious(this.path, 'run.json');
        this.#warn(`run.json in ${this.path} was not written by runflow: moved to ${to}`);
      }
      const files = [...made, ...rest, ...neverMade(prepared, [...made, ...rest])];
      const contents = { files, foreign: this.#foreign(files, record) };
      await placement.requireLock();
      await placeFile(join(this.path, 'run.json'), describe(contents), '--out');
      return contents;
    } finally {
      await placement.end();
    }
  }

  /** Places what the run made. What had to make room is told whatever happens. */
  async #makeRoomAndPlace(
    placement: FilePlacement,
    prepared: Prepared,
    earlier: ReadonlyMap<string, PublishedFile>,
    pages: RunPages,
    since: string | undefined,
  ): Promise<PublishedFile[]> {
    try {
      const made = await this.#placeAll(placement, prepared, earlier, pages, since);
      return [...made, await this.#placeTimeline(placement, pages, earlier)];
    } finally {
      for (const message of placement.replaced.messages(this.path, namesShown)) this.#warn(message);
    }
  }

  async #placeAll(
    placement: FilePlacement,
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
      const source = { store: this.#store, bytesOf: (known: PublishedFile) => placement.bytesOf(known) };
      changes.set(file, await folderChanges(posix.dirname(file), results, earlier, since, source));
    }
    for (const { file, node, artifact } of results) {
      try {
        const known = earlier.get(file);
        const placed = isReport(file)
          ? await this.#placeReport(placement, file, artifact, known, pages, changes.get(file)!)
          : await placement.place(file, artifact.digest, known, () => this.#store.read(artifact));
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

  /** The page that the step made with what the run adds to it. That of an earlier run stays if there is nothing new to tell. */
  async #placeReport(
    placement: FilePlacement,
    file: string,
    artifact: Artifact,
    known: PublishedFile | undefined,
    pages: RunPages,
    changes: FolderChanges,
  ): Promise<PublishedFile> {
    const body = await this.#store.read(artifact);
    const isAsBefore = !pages.isNews && known?.source === artifact.digest;
    const kept = isAsBefore ? await placement.bytesOf(known) : undefined;
    const bytes = kept ?? new TextEncoder().encode(await pages.reportPage(file, textOf(body), changes));
    const placed = await placement.placeBytes(file, bytes, known);
    return { ...placed, source: artifact.digest };
  }

  async #placeTimeline(
    placement: FilePlacement,
    pages: RunPages,
    earlier: ReadonlyMap<string, PublishedFile>,
  ): Promise<PublishedFile> {
    const known = earlier.get(timelineFile);
    const kept = pages.isNews || known === undefined ? undefined : await placement.bytesOf(known);
    return placement.placeBytes(timelineFile, kept ?? new TextEncoder().encode(pages.timeline()), known);
  }

  /** What this run has not made: put aside when it never will, else left and not vouched for. */
  async #keepOrMove(
    placement: FilePlacement,
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
      if (goesAside) await placement.requireLock();
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

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
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
