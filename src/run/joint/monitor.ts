import type { BegunRecord, JointRun, RunnerPlace, StopRecord } from './joint-run.js';
import type { JointTiming } from './timing.js';

/** What a runner sees of its joint run while it works, looked up again and again. */
export class JointMonitor {
  readonly #joint: JointRun;
  readonly #own: RunnerPlace;
  readonly #timing: JointTiming;
  readonly #drain = new AbortController();
  readonly #cancelled = new AbortController();
  readonly #named = new AbortController();
  #stop: StopRecord | undefined;
  #others: readonly BegunRecord[] = [];
  #lookedAtOthers = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(joint: JointRun, own: RunnerPlace, timing: JointTiming) {
    this.#joint = joint;
    this.#own = own;
    this.#timing = timing;
  }

  /** Aborted when nothing more is to be started. */
  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  /** Aborted when what is in work is to stop, too. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Aborted when the joint run has a class of device. */
  get named(): AbortSignal {
    return this.#named.signal;
  }

  get stopped(): StopRecord | undefined {
    return this.#stop;
  }

  /** The other runners at work, as they were seen last. */
  get others(): readonly BegunRecord[] {
    return this.#others;
  }

  /** Looks once, and then again and again. */
  async start(): Promise<void> {
    await this.look();
    this.#next();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async look(): Promise<void> {
    const joint = this.#joint;
    await joint.folder.refresh();
    this.#stop ??= joint.stop();
    if (this.#stop !== undefined || joint.outcome() !== undefined) this.#drain.abort();
    if (this.#stop?.why === 'cancelled') this.#cancelled.abort();
    if (joint.device() !== undefined) this.#named.abort();
    if (performance.now() - this.#lookedAtOthers > this.#timing.pollSeconds * 1000) await this.lookAtOthers();
  }

  /** Each runner asks for the files of every other: seldom, because a file server answers all of them. */
  async lookAtOthers(): Promise<void> {
    const joint = this.#joint;
    this.#lookedAtOthers = performance.now();
    await joint.refresh();
    const others = joint
      .places()
      .filter(({ attempt, index }) => attempt !== this.#own.attempt || index !== this.#own.index);
    this.#others = others.flatMap((place) => (joint.exit(place) === undefined ? (joint.begun(place) ?? []) : []));
  }

  /** A disk that cannot be read for a while says nothing: the steps meet it by themselves. */
  #next(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(() => {
      this.look()
        .catch(() => undefined)
        .finally(() => this.#next());
    }, this.#timing.tickSeconds * 1000).unref();
  }
}
