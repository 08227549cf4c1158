import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import type { JointFolder } from '../../store/joint-folder.js';
import type { EventBus, RunEvent } from '../events.js';

/** An event of a runner, with the time of its clock in milliseconds since 1970. */
export interface LoggedEvent {
  readonly at: number;
  readonly event: RunEvent;
}

/** Progress of a step is written so often. */
const millisecondsBetweenProgress = 500;
/** Lines of one step that are written; the log of the step has all. */
const mostLines = 200;
const millisecondsBetweenSyncs = 500;
/** Read at a time. */
const chunkBytes = 1 << 20;

/** Appends the events of a runner to its file, whole lines, without secrets. */
export class EventLogWriter {
  readonly #file: number;
  readonly #redacted: (text: string) => string;
  readonly #progress = new Map<string, number>();
  readonly #lines = new Map<string, number>();
  readonly #unsubscribe: () => void;
  #sync: NodeJS.Timeout | undefined;

  /** @param redacted takes out of a text what must not be kept */
  constructor(path: string, events: EventBus, redacted: (text: string) => string) {
    this.#file = openSync(path, 'a');
    this.#redacted = redacted;
    this.#unsubscribe = events.subscribe((event) => this.#write(event));
  }

  close(): void {
    this.#unsubscribe();
    clearTimeout(this.#sync);
    closeSync(this.#file);
  }

  #write(event: RunEvent): void {
    if (!this.#isWanted(event)) return;
    const logged: LoggedEvent = { at: Date.now(), event };
    const text = JSON.stringify(logged, (_, value: unknown) =>
      typeof value === 'string' ? this.#redacted(value) : value,
    );
    const bytes = Buffer.from(`${text}\n`);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    // A client of a network file system keeps what is written to itself for a while; others follow it.
    this.#sync ??= setTimeout(() => {
      this.#sync = undefined;
      fdatasync(this.#file, () => undefined);
    }, millisecondsBetweenSyncs).unref();
  }

  #isWanted(event: RunEvent): boolean {
    if (event.type === 'step-progress') {
      const last = this.#progress.get(event.step) ?? Number.NEGATIVE_INFINITY;
      if (performance.now() - last < millisecondsBetweenProgress) return false;
      this.#progress.set(event.step, performance.now());
    }
    if (event.type !== 'step-log') return true;
    const lines = (this.#lines.get(event.step) ?? 0) + 1;
    this.#lines.set(event.step, lines);
    return lines <= mostLines;
  }
}

/** Reads on in the events of a runner, as far as they are whole lines. */
export class EventLogReader {
  readonly #folder: JointFolder;
  readonly #names: readonly string[];
  #offset = 0;

  /** @param names of the file, below the folder of the joint run */
  constructor(folder: JointFolder, names: readonly string[]) {
    this.#folder = folder;
    this.#names = names;
  }

  /** Events since the last time. */
  *read(): Generator<LoggedEvent> {
    for (let size = chunkBytes; ; ) {
      const bytes = this.#folder.bytesFrom(this.#offset, size, ...this.#names);
      const end = bytes.lastIndexOf(10) + 1;
      if (end === 0 && bytes.length < size) return;
      // A line that is longer than what was read.
      if (end === 0) {
        size *= 2;
        continue;
      }
      this.#offset += end;
      for (const line of bytes
        .subarray(0, end - 1)
        .toString()
        .split('\n')) {
        const event = parsed(line);
        if (event !== undefined) yield event;
      }
    }
  }
}

/** A line that is not whole came of a host that was switched off. */
function parsed(line: string): LoggedEvent | undefined {
  try {
    const { at, event } = JSON.parse(line) as Partial<LoggedEvent>;
    return typeof at === 'number' && typeof event?.type === 'string' ? { at, event } : undefined;
  } catch {
    return undefined;
  }
}
