import { liveness } from '../../store/process-identity.js';
import { attemptsFolder, begunFile, intentFile } from '../../store/runs.js';
import type { Store } from '../../store/store.js';
import type { Queue, QueueState } from '../queues/queue.js';
import {
  type BegunRecord,
  type ExitRecord,
  type JointRun,
  placeName,
  placeNames,
  type RunnerPlace,
} from './joint-run.js';
import type { JointTiming } from './timing.js';

/** A runner as far as can be told. */
export interface SeenRunner {
  readonly place: RunnerPlace;
  readonly state: 'waiting' | 'working' | 'left' | 'lost';
  /** It is on the submitting side, and no queue knows of it. */
  readonly isHere: boolean;
  readonly begun: BegunRecord | undefined;
  readonly exit: ExitRecord | undefined;
}

export interface RunnerWatchOptions {
  readonly joint: JointRun;
  readonly store: Pick<Store, 'folder' | 'silence'>;
  readonly queue: Queue;
  readonly timing: JointTiming;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** A queue may be wrong for so many times as long: one that names a runner which is silent is believed at first. */
const believed = 4;

type Poll = ReadonlyMap<string, ReadonlyMap<number, QueueState>>;

/**
 * Tells which runners of a joint run wait, work, have left, or are lost. An exit file is the truth. What the queue says is a
 * hint: one that it does not name, and that gives no sign of life for a while, is lost, and so is one whose process is seen
 * to be dead. How long a sign does not change is counted by the clock of this host.
 */
export class RunnerWatch {
  readonly #options: RunnerWatchOptions;
  readonly #lost = new Set<string>();
  #poll: Poll | undefined;
  #polled = Number.NEGATIVE_INFINITY;

  constructor(options: RunnerWatchOptions) {
    this.#options = options;
  }

  /** Looks at the files, and when it is time asks the queue, once for all jobs. */
  async look(): Promise<readonly SeenRunner[]> {
    const { joint } = this.#options;
    await this.#ask();
    await joint.refresh();
    return joint.places().map((place) => this.#see(place));
  }

  async #ask(): Promise<void> {
    const { joint, now, queue, timing } = this.#options;
    if (now() - this.#polled < timing.pollSeconds * 1000) return;
    this.#polled = now();
    const intents = joint.attempts().map((attempt) => ({ attempt, intent: joint.intent(attempt) }));
    const names = intents.flatMap(({ attempt, intent }) =>
      intent === undefined || intent.isHere || this.#hasLeft(attempt, intent.count) ? [] : [intent.jobName],
    );
    this.#poll = names.length === 0 ? new Map() : await queue.poll(names);
  }

  #hasLeft(attempt: number, count: number): boolean {
    const { joint } = this.#options;
    return Array.from({ length: count }, (_, index) => index).every((index) => joint.exit({ attempt, index }));
  }

  #see(place: RunnerPlace): SeenRunner {
    const { joint } = this.#options;
    const { jobName = '', isHere = false } = joint.intent(place.attempt) ?? {};
    const begun = joint.begun(place);
    const exit = joint.exit(place);
    const queued = isHere ? undefined : this.#poll?.get(jobName)?.get(place.index);
    const isLost = exit === undefined && this.#isLost(place, begun, queued, isHere);
    const state = exit !== undefined ? 'left' : isLost ? 'lost' : begun === undefined ? 'waiting' : 'working';
    return { place, state, isHere, begun, exit };
  }

  #isLost(
    place: RunnerPlace,
    begun: BegunRecord | undefined,
    queued: QueueState | undefined,
    isHere: boolean,
  ): boolean {
    const name = placeName(place);
    if (this.#lost.has(name)) return true;
    if (!this.#isGone(place, begun, queued, isHere)) return false;
    this.#lost.add(name);
    return true;
  }

  #isGone(
    place: RunnerPlace,
    begun: BegunRecord | undefined,
    queued: QueueState | undefined,
    isHere: boolean,
  ): boolean {
    const { joint, store, timing } = this.#options;
    if (begun !== undefined && liveness(begun.owner, store.folder.participant.identity) === 'dead') return true;
    const silent = this.#silentSeconds(place, begun);
    if (queued === 'pending' || (queued === 'running' && begun === undefined)) return false;
    if (queued === 'running') return silent > believed * timing.lostSeconds;
    // A queue that does not answer says nothing.
    if (!isHere && this.#poll === undefined) return false;
    const job = joint.job(place.attempt);
    if (job !== undefined && 'refused' in job) return true;
    return silent > timing.lostSeconds;
  }

  #silentSeconds(place: RunnerPlace, begun: BegunRecord | undefined): number {
    const { joint, store } = this.#options;
    const names =
      begun === undefined ? [attemptsFolder, `${place.attempt}`, intentFile] : [...placeNames(place), begunFile];
    const sign = `${joint.folder.touched(...names)}`;
    return store.silence.of(['runs', joint.id, ...names].join('/'), sign) / 1000;
  }
}
