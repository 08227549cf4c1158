import type { Participant } from './participant.js';

/**
 * Touches files of this process every now and then, so that others see that it lives. Their times are set by this host's
 * clock; others only look whether they change.
 */
export class Heartbeat {
  readonly #participant: Participant;
  /** Files, each with what is done when it was touched, or could not be. */
  readonly #kept = new Map<string, () => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(participant: Participant) {
    this.#participant = participant;
  }

  /** Touches a file from now on. @param afterwards done after each time, whether or not the file is still there */
  keep(path: string, afterwards: () => void = () => {}): void {
    this.#kept.set(path, afterwards);
    this.#timer ??= setInterval(() => this.#beat(), this.#participant.timing.heartbeatMilliseconds).unref();
  }

  drop(path: string): void {
    this.#kept.delete(path);
    if (this.#kept.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    const now = new Date();
    const { promises } = this.#participant.disk;
    for (const [path, afterwards] of this.#kept) promises.utimes(path, now, now).then(afterwards, afterwards);
  }
}
