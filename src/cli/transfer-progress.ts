import { formatBytes } from '../formats/byte-size.js';
import { clock } from '../run/render/text.js';

/** Milliseconds between two lines of progress. */
const interval = 200;

/** One line on a terminal, written anew, that says how far a transfer is; nothing where stderr is a file. */
export class TransferProgress {
  readonly #verb: string;
  readonly #started = performance.now();
  #total: number;
  #done = 0;
  #shown = Number.NEGATIVE_INFINITY;

  /** @param total bytes that are to come */
  constructor(verb: string, total = 0) {
    this.#verb = verb;
    this.#total = total;
  }

  add(bytes: number): void {
    this.set(this.#done + bytes, this.#total);
  }

  set(done: number, total: number): void {
    this.#done = done;
    this.#total = total;
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#shown < interval) return;
    this.#shown = now;
    const seconds = (now - this.#started) / 1000;
    const left = done === 0 ? '' : `, ${clock(((total - done) / done) * seconds)} left`;
    process.stderr.write(`\r\u001b[K${this.#verb} ${formatBytes(done)} of ${formatBytes(total)}${left}`);
  }

  /** Wipes the line. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
