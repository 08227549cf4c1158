import { randomBytes } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { EnvironmentError } from '../diagnostics/errors.js';
import { type Digest, hexOf } from '../formats/digest.js';
import { diskError, errorCode, isObstacle, openToRead, readText } from './disk.js';
import { liveness, type ProcessIdentity } from './process-identity.js';
import type { Silence } from './silence.js';
import type { StoreFolder } from './store-folder.js';

export interface RunRecord {
  /** Begins with the time it was started. */
  readonly id: string;
  readonly workflow: string;
  readonly profile?: string;
  /** The cells of a matrix; absent without one. */
  readonly cells?: readonly string[];
  /** File that the workflow was read from. */
  readonly file: string;
  /** ISO 8601 */
  readonly started: string;
  readonly owner: ProcessIdentity;
  /** Milliseconds since 1970 by the clock of the file system; absent in records of older versions. */
  readonly begun?: number;
  /** Absent while it runs, and for ever when it was killed. */
  readonly finished?: string;
  readonly outcome?: 'done' | 'failed' | 'interrupted';
  /** What was the matter: the first step that failed and its message, or what ended the run. */
  readonly problem?: string;
  /** Pinned runs and what they used are kept by every gc. */
  readonly pinned?: boolean;
  /** Words of the user's that name it: `run --tag`. Absent: none. */
  readonly tags?: readonly string[];
  /** What it was for, when that was no `runflow run`: a model to export. */
  readonly purpose?: 'export';
  /** Several runners carry it out; their parts lie in `attempts/` of its folder. */
  readonly joint?: true;
}

/**
 * Runs of one workflow file with one profile follow each other; of each such series the newest are kept. The name does
 * not count: workflows of several projects may have the same.
 */
export function seriesOf({ file, profile, cells }: OfSeries): string {
  return JSON.stringify([file, profile ?? null, ...(cells === undefined ? [] : ['matrix'])]);
}

/** What tells a series of runs. */
export interface OfSeries {
  readonly file: string;
  readonly profile?: string | undefined;
  /** Cells of a matrix; its runs are a series whatever they are. */
  readonly cells?: readonly string[];
}

/** Files of a joint run that tell whether it goes on: below `attempts/<n>/`, the last two in the folder of a place. */
export const attemptsFolder = 'attempts';
export const intentFile = 'intent.json';
export const begunFile = 'begun.json';
export const exitFile = 'exit.json';

/** A queue that has not started a runner for so long is not waited for any more. */
const queueMilliseconds = 14 * 24 * 3600_000;

/** The keys of one step, each with a run that used it, in some order. */
type EarlierKeys = (step: string) => Generator<{ readonly key: Digest; readonly run: string }>;

/**
 * Who used what, and when: `runs/<id>/run.json`, documents of what it was, and `runs/<id>/keys`, a line `<hex of the key>
 * <step id>` for each step that the run looked up. The lines keep what recent runs need from being collected, order the rest by its last use,
 * and tell which key a step had before.
 */
export class Runs {
  readonly #folder: StoreFolder;
  readonly #silence: Silence;

  constructor(folder: StoreFolder, silence: Silence) {
    this.#folder = folder;
    this.#silence = silence;
  }

  /** Begins a run. From here on gc spares what it uses. */
  async begin(
    workflow: OfSeries & {
      readonly name: string;
      readonly tags?: readonly string[] | undefined;
      readonly purpose?: RunRecord['purpose'] | undefined;
      readonly joint?: true | undefined;
    },
  ): Promise<ActiveRun> {
    await this.#folder.prepare();
    const started = new Date().toISOString();
    const id = `${started.replace(/[-:.Z]/g, '')}-${randomBytes(3).toString('hex')}`;
    const { name, file, profile, cells, tags = [], purpose, joint } = workflow;
    try {
      await this.#folder.makeFolder(this.folderOf(id));
      const { mtimeMs: begun } = await this.#folder.disk.promises.stat(this.folderOf(id));
      const record: RunRecord = {
        id,
        workflow: name,
        ...(profile === undefined ? {} : { profile }),
        ...(cells === undefined ? {} : { cells }),
        file,
        started,
        begun,
        owner: this.#folder.participant.identity,
        ...(tags.length === 0 ? {} : { tags }),
        ...(purpose === undefined ? {} : { purpose }),
        ...(joint === undefined ? {} : { joint }),
      };
      await this.write(record);
      return new ActiveRun(this.#folder, this, record);
    } catch (error) {
      throw diskError(error, this.#folder.path, 'beginning a run');
    }
  }

  /**
   * Goes on with a joint run: all of it, in its name, or as the runner of one place, whose folder is there.
   * @param part names of the place's folder below that of the run, and of a file in it to touch; absent: the run itself
   * @throws EnvironmentError when there is no such run, or it is not seen from here
   */
  resume(id: string, part?: { readonly folder: string; readonly file: string }): ActiveRun {
    const record = this.get(id);
    if (record === undefined) {
      const hint = 'Its store must be on a file system that all hosts share, at the same path.';
      throw new EnvironmentError(`there is no run ${id} in ${this.#folder.path}, as this host sees it`, { hint });
    }
    return new ActiveRun(this.#folder, this, record, part);
  }

  /** Newest first. Folders without a readable record are passed over. */
  list(): readonly RunRecord[] {
    const ids = this.#read(() => this.#folder.disk.readdirSync(this.#folder.in('runs'))) ?? [];
    return ids
      .flatMap((id) => this.get(id) ?? [])
      .sort((a, b) => b.started.localeCompare(a.started) || b.id.localeCompare(a.id));
  }

  get(id: string): RunRecord | undefined {
    const text = this.#readText(this.recordOf(id));
    try {
      const record = text === undefined ? undefined : (JSON.parse(text) as Partial<RunRecord> | null);
      return record?.id === id && !Number.isNaN(Date.parse(record.started ?? '')) ? (record as RunRecord) : undefined;
    } catch {
      return undefined;
    }
  }

  async write(record: RunRecord): Promise<void> {
    await this.#folder.writeFile(this.recordOf(record.id), `${JSON.stringify(record)}\n`);
  }

  /** Folder of what is remembered of a run; it goes when the run is forgotten. */
  folderOf(id: string): string {
    return this.#folder.in('runs', id);
  }

  /** Keeps a document of a run: `workflow`, `end`, `results`. What is written again replaces it, whole or not at all. */
  async writeDocument(id: string, name: string, document: unknown): Promise<void> {
    const packed = gzipSync(JSON.stringify(document));
    await this.#folder.writeFile(this.#document(id, name), packed);
  }

  /** A document of a run; undefined where it has none that can be read: old runs, killed ones. */
  document(id: string, name: string): unknown {
    try {
      const packed = this.#read(() =>
        this.#folder.disk.readFileSync(this.#document(id, name), { flag: openToRead as unknown as string }),
      );
      return packed === undefined ? undefined : JSON.parse(gunzipSync(packed).toString());
    } catch (error) {
      if (error instanceof EnvironmentError) throw error;
      return undefined;
    }
  }

  /** Folders of the places of a joint run's runners. */
  #places(id: string): readonly string[] {
    const attempts = join(this.folderOf(id), attemptsFolder);
    return this.#names(attempts).flatMap((attempt) =>
      this.#names(join(attempts, attempt))
        .filter((name) => /^\d+$/.test(name))
        .map((index) => join(attempts, attempt, index)),
    );
  }

  #names(folder: string): readonly string[] {
    return this.#read(() => this.#folder.disk.readdirSync(folder)) ?? [];
  }

  /** The record of a run, which the run touches as long as it goes on. */
  recordOf(id: string): string {
    return join(this.folderOf(id), 'run.json');
  }

  #document(id: string, name: string): string {
    return join(this.folderOf(id), `${name}.json.gz`);
  }

  /** What a run has looked up so far, in order; of a joint run each runner in turn. A line that is being written is left out. */
  keysOf(id: string): readonly { readonly key: Digest; readonly step: string }[] {
    return [this.folderOf(id), ...this.#places(id)].flatMap((folder) => this.#keysIn(folder));
  }

  #keysIn(folder: string): readonly { readonly key: Digest; readonly step: string }[] {
    const text = this.#readText(join(folder, 'keys')) ?? '';
    const lines = text.split('\n');
    lines.pop();
    return lines
      .filter((line) => /^[0-9a-f]{64} /.test(line))
      .map((line) => ({ key: `sha256:${line.slice(0, 64)}` as const, step: line.slice(65) }));
  }

  /**
   * The keys that each step of a workflow file had in earlier runs, newest first, those with the same profile before
   * others; read run by run as far as asked.
   */
  earlierKeys(workflow: OfSeries): EarlierKeys {
    const series = seriesOf(workflow);
    const ofFile = this.list().filter(({ file }) => file === workflow.file);
    const isSame = (run: RunRecord) => seriesOf(run) === series;
    const runs = [...ofFile.filter(isSame), ...ofFile.filter((run) => !isSame(run))];
    const read: ReadonlyMap<string, Digest>[] = [];
    const keysOf = (id: string) => new Map(this.keysOf(id).map(({ step, key }) => [step, key]));
    return function* (step: string) {
      for (const [index, run] of runs.entries()) {
        read[index] ??= keysOf(run.id);
        const key = read[index].get(step);
        if (key !== undefined) yield { key, run: run.id };
      }
    };
  }

  /** When each key was last looked up by a run that is not forgotten, in milliseconds since 1970. */
  lastUses(): ReadonlyMap<Digest, number> {
    const uses = new Map<Digest, number>();
    for (const { id, started } of this.list()) {
      const time = Date.parse(started);
      for (const { key } of this.keysOf(id)) if (!uses.has(key)) uses.set(key, time);
    }
    return uses;
  }

  /**
   * Still running, as far as can be told. A run on another host is until its heartbeat was not seen for a while: so one
   * that this host sees for the first time is running. A joint run goes on without the process that began it, as long as a
   * runner gives signs of life, or a queue may still start one.
   */
  isActive(run: RunRecord): boolean {
    if (run.finished !== undefined) return false;
    const { identity, timing } = this.#folder.participant;
    const state = liveness(run.owner, identity);
    if (state === 'alive' || (state === 'unknown' && this.#isSeen(this.recordOf(run.id), timing.silenceMilliseconds))) {
      return true;
    }
    return run.joint === true && this.#hasRunners(run.id);
  }

  #hasRunners(id: string): boolean {
    const { silenceMilliseconds } = this.#folder.participant.timing;
    const isAtWork = this.#places(id).some(
      (folder) => !this.#isThere(join(folder, exitFile)) && this.#isSeen(join(folder, begunFile), silenceMilliseconds),
    );
    if (isAtWork) return true;
    const attempts = join(this.folderOf(id), attemptsFolder);
    return this.#names(attempts).some((attempt) => {
      const folder = join(attempts, attempt);
      const isOver = this.#names(folder).some((name) => this.#isThere(join(folder, name, begunFile)));
      return !isOver && this.#isSeen(join(folder, intentFile), queueMilliseconds);
    });
  }

  #isThere(file: string): boolean {
    return this.#modified(file) !== undefined;
  }

  #modified(file: string): number | undefined {
    return this.#read(() => this.#folder.disk.statSync(file, { throwIfNoEntry: false }))?.mtimeMs;
  }

  /** Whether a file is there and its time has changed within so long, by the clock of this host. */
  #isSeen(file: string, milliseconds: number): boolean {
    const modified = this.#modified(file);
    if (modified === undefined) return false;
    const name = relative(this.#folder.path, file).replaceAll(sep, '/');
    return this.#silence.of(name, `${modified}`) <= milliseconds;
  }

  /** Forgets a run: its record, keys and logs. */
  async remove(id: string): Promise<void> {
    await this.#folder.disk.promises.rm(this.folderOf(id), { recursive: true, force: true });
  }

  #readText(file: string): string | undefined {
    return this.#read(() => readText(this.#folder.disk, file));
  }

  #read<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return undefined;
      throw diskError(error, this.#folder.path, 'reading its runs');
    }
  }
}

/** A run of this process. */
export class ActiveRun {
  readonly record: RunRecord;
  readonly #folder: StoreFolder;
  readonly #runs: Runs;
  /** Folder of what it notes. */
  readonly folder: string;
  readonly #touched: string;
  #keys: number | undefined;
  #noted = new Set<string>();

  /** @param part of a joint run that this process is; absent: it is the run */
  constructor(
    folder: StoreFolder,
    runs: Runs,
    record: RunRecord,
    part?: { readonly folder: string; readonly file: string },
  ) {
    this.#folder = folder;
    this.#runs = runs;
    this.record = record;
    this.folder = part === undefined ? runs.folderOf(record.id) : join(runs.folderOf(record.id), part.folder);
    this.#touched = part === undefined ? runs.recordOf(record.id) : join(this.folder, part.file);
    folder.heartbeat.keep(this.#touched, () => this.#showKeys());
  }

  /**
   * Says that the run uses a key. Must come before the look-up: gc takes an action away first and then reads these lines,
   * so that of the two at least one sees the other.
   */
  use(key: Digest, step: string): void {
    const line = `${hexOf(key)} ${step.replaceAll('\n', ' ')}\n`;
    if (this.#noted.has(line)) return;
    this.#noted.add(line);
    const { disk } = this.#folder;
    try {
      this.#keys ??= disk.openSync(join(this.folder, 'keys'), 'a');
      disk.appendFileSync(this.#keys, line);
    } catch (error) {
      throw diskError(error, this.#folder.path, 'noting what a run uses');
    }
  }

  /** Leaves the record as it is: others go on with the run. */
  leave(): void {
    this.#folder.heartbeat.drop(this.#touched);
    try {
      if (this.#keys !== undefined) this.#folder.disk.closeSync(this.#keys);
    } catch (error) {
      throw diskError(error, this.#folder.path, 'noting what a run used');
    }
    this.#keys = undefined;
  }

  /** @param problem what was the matter, for `runflow runs` */
  async finish(outcome: NonNullable<RunRecord['outcome']>, problem?: string): Promise<void> {
    this.leave();
    // It may have been pinned meanwhile.
    const record = this.#runs.get(this.record.id) ?? this.record;
    await this.#runs.write({
      ...record,
      finished: new Date().toISOString(),
      outcome,
      ...(problem === undefined ? {} : { problem }),
    });
  }

  /** A client of a network file system keeps what is appended to itself for a while; a gc elsewhere must see it. */
  #showKeys(): void {
    if (this.#keys !== undefined) this.#folder.disk.fdatasync(this.#keys, () => undefined);
  }
}
