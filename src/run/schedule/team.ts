import type { Digest } from '../../formats/digest.js';
import type { Step } from '../../steps/step.js';

/** Why a step failed. */
export interface SharedFailure {
  readonly step: string;
  readonly message: string;
  readonly hint?: string;
  /** Name of the host where it failed, for people. */
  readonly host: string;
}

/** What a scheduler knows of the other runners of a joint run. Without one it runs alone and takes every step. */
export interface Team {
  /** Whether this runner may carry out a step. What it may not is waited for: others do it. */
  takes(step: Step): boolean;
  /** Whether another runner is at work that may carry out a step. */
  othersTake(step: Step): boolean;
  /** Whether others should do the step: it is taken only where nothing else can be done here. */
  leaves(step: Step): boolean;
  /** Makes the next questions see what other hosts told: which keys failed, and which forced steps were done. */
  refresh(): Promise<void>;
  /** Why a key failed in this joint run: its step fails here too, and is not tried again. Asked often. */
  failureOf(key: Digest): SharedFailure | undefined;
  /** Tells all runners that a key failed. */
  failed(key: Digest, failure: SharedFailure): Promise<void>;
  /**
   * Notes, with the lock on a key in hand, that a worker was lost at its step; looks anew which other runners are at work.
   * @returns how many were lost at it in the joint run
   */
  lost(key: Digest, loss: SharedFailure): Promise<number>;
  /** Aborted when nothing more is to be started in the joint run: a step in work goes on to its end. */
  readonly drain: AbortSignal;
  /** A runner that could do nothing for so long leaves. */
  readonly idleMilliseconds: number;
}
