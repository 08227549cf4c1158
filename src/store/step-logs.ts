import { join } from 'node:path';
import type { Digest } from '../formats/digest.js';
import { type Disk, diskError, errorCode, isObstacle, readText } from './disk.js';
import type { StoreFolder } from './store-folder.js';

/** Bytes of one attempt's log; what comes after them is counted. */
const mostBytes = 1024 ** 2;
/** Attempts at one key whose logs are kept. */
const attemptsKept = 5;

/** How an attempt at a step ended. Absent of one that was killed. */
export type AttemptOutcome = 'done' | 'failed' | 'interrupted';

/** A line of a log: what the step said, and seconds since it began. */
export interface LogLine {
  readonly seconds: number;
  readonly text: string;
  readonly level: 'line' | 'warning' | 'error';
  /** What to do about it. */
  readonly hint?: string;
}

/** What one attempt at a step said. */
export interface AttemptLog {
  readonly run: string;
  readonly step: string;
  /** Counts from 1 in its run. */
  readonly attempt: number;
  /** ISO 8601 */
  readonly started: string;
  readonly outcome?: AttemptOutcome;
  readonly lines: readonly LogLine[];
  /** Lines beyond what a log may hold. */
  readonly cut: number;
}

type Written =
  | Pick<AttemptLog, 'run' | 'step' | 'attempt' | 'started'>
  | LogLine
  | { readonly outcome: AttemptOutcome; readonly cut: number };

/**
 * What attempts at steps said: `logs/ab/<hex of the key>/<run>-<attempt>`, one JSON a line. A file is made when there is
 * something to say, and grows line by line, so that a killed attempt leaves what it said.
 */
export class StepLogs {
  readonly #folder: StoreFolder;

  constructor(folder: StoreFolder) {
    this.#folder = folder;
  }

  /** Begins the log of an attempt of a run of this store. */
  begin(key: Digest, about: Pick<AttemptLog, 'run' | 'step' | 'attempt'>): AttemptWriter {
    return new AttemptWriter(this.#folder, key, about);
  }

  /** Logs of the attempts at a key, oldest first. */
  of(key: Digest): readonly AttemptLog[] {
    const folder = this.#folder.logs(key);
    return this.#names(folder)
      .flatMap((name) => this.#read(join(folder, name)) ?? [])
      .sort((a, b) => a.started.localeCompare(b.started));
  }

  #names(folder: string): readonly string[] {
    try {
      return this.#folder.disk.readdirSync(folder);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return [];
      throw diskError(error, this.#folder.path, 'reading its logs');
    }
  }

  #read(file: string): AttemptLog | undefined {
    let text: string;
    try {
      text = readText(this.#folder.disk, file);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return undefined;
      throw diskError(error, this.#folder.path, 'reading a log');
    }
    const lines = text.split('\n').flatMap((line) => parsed(line) ?? []);
    const head = lines[0];
    if (head === undefined || !('run' in head)) return undefined;
    const end = lines.find((line) => 'outcome' in line);
    return {
      ...head,
      ...(end === undefined ? {} : { outcome: end.outcome }),
      lines: lines.filter((line) => 'text' in line),
      cut: end?.cut ?? 0,
    };
  }
}

/** Undefined of a line that was being written when its process died. */
function parsed(line: string): Written | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as Written);
  } catch {
    return undefined;
  }
}

/** The log of an attempt on its way. Methods throw an EnvironmentError when the disk does not take it. */
export class AttemptWriter {
  readonly #folder: StoreFolder;
  readonly #key: Digest;
  readonly #head: Pick<AttemptLog, 'run' | 'step' | 'attempt' | 'started'>;
  readonly #begun = performance.now();
  #file: number | undefined;
  #bytes = 0;
  #cut = 0;

  constructor(folder: StoreFolder, key: Digest, about: Pick<AttemptLog, 'run' | 'step' | 'attempt'>) {
    this.#folder = folder;
    this.#key = key;
    this.#head = { ...about, started: new Date().toISOString() };
  }

  say(text: string, level: LogLine['level'] = 'line', hint?: string): void {
    const seconds = Math.round(performance.now() - this.#begun) / 1000;
    const line = { seconds, text, level, ...(hint === undefined ? {} : { hint }) };
    // The error at the end is what a log is for.
    if (this.#bytes > mostBytes && level !== 'error') this.#cut += 1;
    else this.#append(line);
  }

  /** An attempt that was done without a word leaves no file. */
  end(outcome: AttemptOutcome): void {
    if (this.#file === undefined && outcome === 'done') return;
    this.#append({ outcome, cut: this.#cut });
    this.#folder.disk.closeSync(this.#file!);
    this.#file = undefined;
  }

  #append(written: LogLine | { readonly outcome: AttemptOutcome; readonly cut: number }): void {
    const { disk } = this.#folder;
    try {
      this.#file ??= this.#open(disk);
      const text = `${JSON.stringify(written)}\n`;
      this.#bytes += Buffer.byteLength(text);
      disk.appendFileSync(this.#file, text);
    } catch (error) {
      throw diskError(error, this.#folder.path, 'writing a log');
    }
  }

  #open(disk: Disk): number {
    const folder = this.#folder.logs(this.#key);
    disk.mkdirSync(folder, { recursive: true });
    const { run, attempt } = this.#head;
    const names = disk.readdirSync(folder).sort();
    for (const name of names.slice(0, Math.max(0, names.length + 1 - attemptsKept))) disk.rmSync(join(folder, name));
    const file = disk.openSync(join(folder, `${run}-${attempt}`), 'a');
    disk.appendFileSync(file, `${JSON.stringify(this.#head)}\n`);
    return file;
  }
}
