import { randomBytes } from 'node:crypto';
import { EnvironmentError } from '../../diagnostics/errors.js';
import type { ExitCode } from '../../diagnostics/exit-codes.js';
import { type Digest, digestOf, hexOf } from '../../formats/digest.js';
import { JointFolder } from '../../store/joint-folder.js';
import type { ProcessIdentity } from '../../store/process-identity.js';
import { attemptsFolder, begunFile, exitFile, intentFile } from '../../store/runs.js';
import type { Store } from '../../store/store.js';
import type { RunEvent } from '../events.js';
import type { SharedFailure } from '../schedule/team.js';
import type { Submission } from './submission.js';

/** Written before the queue is asked for runners. */
export interface Intent {
  readonly jobName: string;
  readonly count: number;
  /** The submitting side itself runs it: no queue knows of it. */
  readonly isHere?: true;
}

/** What the queue said: the name it gave the job, or why it took none. */
export type JobRecord = { readonly job: string } | { readonly refused: string };

/** One runner of one attempt. */
export interface RunnerPlace {
  readonly attempt: number;
  readonly index: number;
}

export interface BegunRecord {
  /** Name of the host, for people. */
  readonly host: string;
  readonly owner: ProcessIdentity;
  readonly started: string;
  readonly network: boolean;
  /** It takes no other steps than those that need the network. */
  readonly networkOnly?: boolean;
  /** The device that it takes steps for; null: none. */
  readonly device: { readonly deviceClass: string; readonly description: string } | null;
}

export interface ExitRecord {
  /** `done`: it found nothing left to do. `time`: its time limit was near. */
  readonly how: 'done' | 'failed' | 'idle' | 'stopped' | 'time' | 'environment';
  readonly exitCode: ExitCode;
  readonly problem?: string;
  /** Attempt that it submitted to go on in its place; absent: whoever follows does. */
  readonly successor?: number;
}

/** Why nothing more is to be started. */
export interface StopRecord {
  readonly why: 'failed' | 'cancelled' | 'environment';
  readonly problem?: string;
}

export interface OutcomeRecord {
  readonly exitCode: ExitCode;
  readonly outcome: 'done' | 'failed' | 'interrupted';
  /** What publishing said, `summary` last. */
  readonly events: readonly RunEvent[];
}

/** The class of device that all keys are made for. */
export interface DeviceRecord {
  readonly deviceClass: string;
  readonly description: string;
}

const failuresFolder = 'failures';
/** A failure that others told is seen so late, or with the lock of its key in hand: it is late, never wrong. */
const failuresKnownMilliseconds = 1_000;
const lossesFolder = 'losses';
const forcedFolder = 'forced';
export const eventsFile = 'events.jsonl';

/** What the runners of a joint run and those who follow it tell each other. */
export class JointRun {
  readonly id: string;
  readonly folder: JointFolder;
  /** Names of the files of failures, when they were listed last: one look at a folder, not one at each step. */
  #failed: ReadonlySet<string> = new Set();
  #failedListed = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<Store, 'folder'>, id: string) {
    this.id = id;
    this.folder = new JointFolder(store.folder, id);
  }

  /** @throws EnvironmentError when there is none, or this host does not see it */
  async submission(): Promise<Submission> {
    await this.folder.refresh();
    const found = this.folder.read<Submission>('submission.json');
    if (found !== undefined) return found;
    throw new EnvironmentError(`${this.folder.in('submission.json')} is not there, as this host sees it`, {
      hint: 'The store must be on a file system that all hosts share, at the same path: give --store (RUNFLOW_STORE) such a folder.',
    });
  }

  async submit(submission: Submission): Promise<void> {
    for (const name of [attemptsFolder, failuresFolder, lossesFolder, forcedFolder]) await this.folder.make(name);
    await this.folder.write(submission, 'submission.json');
  }

  device(): DeviceRecord | undefined {
    return this.folder.read<DeviceRecord>('device.json');
  }

  /** Names the class of device, unless another runner has. @returns the one that holds */
  async nameDevice(device: DeviceRecord): Promise<DeviceRecord> {
    await this.folder.writeIfAbsent(device, 'device.json');
    return this.device() ?? device;
  }

  /** Makes this host see which runners came and left. */
  async refresh(): Promise<void> {
    await this.folder.refresh();
    await this.folder.refresh(attemptsFolder);
    for (const attempt of this.attempts()) await this.folder.refresh(attemptsFolder, `${attempt}`);
    for (const { attempt, index } of this.places()) await this.folder.refresh(attemptsFolder, `${attempt}`, `${index}`);
  }

  /** Numbers of the attempts, in their order. */
  attempts(): readonly number[] {
    return this.folder
      .list(attemptsFolder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  intent(attempt: number): Intent | undefined {
    return this.folder.read<Intent>(attemptsFolder, `${attempt}`, intentFile);
  }

  /** Takes the next number of an attempt; of several who do so at a time each gets one of its own. */
  async claimAttempt(intent: Pick<Intent, 'count' | 'isHere'>): Promise<{ readonly attempt: number } & Intent> {
    await this.folder.refresh(attemptsFolder);
    const token = randomBytes(8).toString('hex');
    for (let attempt = (this.attempts().at(-1) ?? 0) + 1; ; attempt++) {
      const claimed = { ...intent, jobName: `runflow-${this.id}-${attempt}` };
      await this.folder.make(attemptsFolder, `${attempt}`);
      if (await this.folder.writeIfAbsent({ ...claimed, token }, attemptsFolder, `${attempt}`, intentFile)) {
        return { attempt, ...claimed };
      }
    }
  }

  job(attempt: number): JobRecord | undefined {
    return this.folder.read<JobRecord>(attemptsFolder, `${attempt}`, 'job.json');
  }

  async writeJob(attempt: number, job: JobRecord): Promise<void> {
    await this.folder.write(job, attemptsFolder, `${attempt}`, 'job.json');
  }

  /** Places of all attempts, whether or not their runners have begun. */
  places(): readonly RunnerPlace[] {
    return this.attempts().flatMap((attempt) =>
      Array.from({ length: this.intent(attempt)?.count ?? 0 }, (_, index) => ({ attempt, index })),
    );
  }

  begun(place: RunnerPlace): BegunRecord | undefined {
    return this.folder.read<BegunRecord>(...placeNames(place), begunFile);
  }

  async begin(place: RunnerPlace, record: BegunRecord): Promise<void> {
    await this.folder.make(...placeNames(place));
    await this.folder.write(record, ...placeNames(place), begunFile);
  }

  exit(place: RunnerPlace): ExitRecord | undefined {
    return this.folder.read<ExitRecord>(...placeNames(place), exitFile);
  }

  async leave(place: RunnerPlace, record: ExitRecord): Promise<void> {
    await this.folder.make(...placeNames(place));
    await this.folder.write(record, ...placeNames(place), exitFile);
  }

  /** When the runner of a place last gave a sign of life, by its own clock. */
  touched(place: RunnerPlace): number | undefined {
    return this.folder.touched(...placeNames(place), begunFile);
  }

  /** Makes this host see which steps others told that they failed, or were done because they were forced. */
  async refreshSteps(): Promise<void> {
    for (const name of [failuresFolder, forcedFolder]) await this.folder.refresh(name);
    this.#failedListed = Number.NEGATIVE_INFINITY;
  }

  failureOf(key: Digest): SharedFailure | undefined {
    const now = performance.now();
    if (now - this.#failedListed >= failuresKnownMilliseconds) {
      this.#failed = new Set(this.folder.list(failuresFolder));
      this.#failedListed = now;
    }
    const name = `${hexOf(key)}.json`;
    return this.#failed.has(name) ? this.folder.read<SharedFailure>(failuresFolder, name) : undefined;
  }

  /** How many keys failed. */
  failures(): number {
    return this.folder.list(failuresFolder).filter((name) => name.endsWith('.json')).length;
  }

  async addFailure(key: Digest, failure: SharedFailure): Promise<void> {
    await this.folder.writeIfAbsent(failure, failuresFolder, `${hexOf(key)}.json`);
    this.#failedListed = Number.NEGATIVE_INFINITY;
  }

  /** Notes that a worker was lost at a key. @returns how many were, in all runners */
  async addLoss(key: Digest, loss: SharedFailure): Promise<number> {
    const token = randomBytes(8).toString('hex');
    for (let count = 1; ; count++) {
      if (await this.folder.writeIfAbsent({ ...loss, token }, lossesFolder, `${hexOf(key)}-${count}.json`))
        return count;
    }
  }

  /** Whether a forced step has run in this joint run. */
  wasForced(step: string): boolean {
    return this.folder.touched(forcedFolder, forcedName(step)) !== undefined;
  }

  async addForced(step: string): Promise<void> {
    await this.folder.writeIfAbsent({ step }, forcedFolder, forcedName(step));
  }

  stop(): StopRecord | undefined {
    return this.folder.read<StopRecord>('stop.json');
  }

  /** Says that nothing more is to be started. Of several reasons the first stays. */
  async stopBecause(reason: StopRecord): Promise<void> {
    await this.folder.writeIfAbsent(reason, 'stop.json');
  }

  outcome(): OutcomeRecord | undefined {
    return this.folder.read<OutcomeRecord>('outcome.json');
  }

  async writeOutcome(outcome: OutcomeRecord): Promise<void> {
    await this.folder.writeIfAbsent(outcome, 'outcome.json');
  }
}

export function placeNames({ attempt, index }: RunnerPlace): readonly [string, string, string] {
  return [attemptsFolder, `${attempt}`, `${index}`];
}

export function placeName({ attempt, index }: RunnerPlace): string {
  return `${attempt}.${index}`;
}

function forcedName(step: string): string {
  return `${hexOf(digestOf(step))}.json`;
}
