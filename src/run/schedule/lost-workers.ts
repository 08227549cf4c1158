import { EnvironmentError } from '../../diagnostics/errors.js';
import type { Digest } from '../../formats/digest.js';
import { DamagedObjectError } from '../../store/object-store.js';
import { DeviceLostError, WorkerLostError } from '../executors/executor.js';
import type { SchedulerOptions } from './options.js';
import { sharedFailure } from './shared-failure.js';
import type { Task } from './task.js';
import type { Team } from './team.js';

/** What is done about a step that this runner could not do. */
export type AfterLoss =
  /** It is tried again here. */
  | 'again'
  /** Another runner tries it. */
  | 'others'
  /** Another runner tries it, and this one leaves. */
  | 'leave'
  /** It is not tried again. */
  | 'fail';

/** What is done, for people. @param hint what the failure itself advises */
export function wordsOf(next: Exclude<AfterLoss, 'fail'>, hint: string | undefined): string {
  if (next === 'again') return 'It is tried again.';
  if (next === 'others') return 'Another runner tries it again.';
  return `${hint === undefined ? '' : `${hint} `}This runner leaves the step to others.`;
}

/**
 * Decides what becomes of a step that failed here. One whose worker was lost is tried again so often, all runners of a joint run together: a
 * step that no worker survives must not cost the worker of each. Of several runners another one tries it, for the reason may be
 * the host's: little memory, a device that fails. A runner whose device is lost time after time leaves.
 */
export class LostWorkers {
  readonly #options: Pick<SchedulerOptions, 'redacted' | 'retries' | 'situation' | 'store' | 'team'>;
  /** Devices lost since a step on the device was done. */
  #devicesInRow = 0;

  constructor(options: Pick<SchedulerOptions, 'redacted' | 'retries' | 'situation' | 'store' | 'team'>) {
    this.#options = options;
  }

  /** Notes that a step of a kind was done here. */
  done(kind: string): void {
    if (this.#options.situation.declarations[kind]?.usesDevice) this.#devicesInRow = 0;
  }

  /** Says what is next for a step that failed; in a team with its lock in hand, for the others are told of a lost worker. */
  async after(error: unknown, task: Task, key: Digest): Promise<AfterLoss> {
    const { retries, team } = this.#options;
    const again = task.attempt <= retries ? 'again' : 'fail';
    if (error instanceof WorkerLostError) return team === undefined ? again : this.#afterLoss(error, task, key, team);
    // An output that is not what was written a moment ago is worth another try, too.
    if (error instanceof DamagedObjectError) return again;
    // What this host lacks says nothing of the step where there are other hosts.
    return error instanceof EnvironmentError && team !== undefined ? 'leave' : 'fail';
  }

  async #afterLoss(error: WorkerLostError, { step }: Task, key: Digest, team: Team): Promise<AfterLoss> {
    const { redacted, retries, store } = this.#options;
    const isOfDevice = error instanceof DeviceLostError;
    if (isOfDevice) this.#devicesInRow += 1;
    const losses = await team.lost(key, sharedFailure(step, error, store.host, redacted));
    if (losses > retries) return 'fail';
    if (!team.othersTake(step)) return 'again';
    return isOfDevice && this.#devicesInRow > retries ? 'leave' : 'others';
  }
}
