import type { Digest } from '../../formats/digest.js';
import type { Step } from '../../steps/step.js';
import type { Lock } from '../../store/locks.js';

export type TaskState =
  /** Some inputs are not known yet. */
  | 'waiting'
  | 'ready'
  /** A slot works on it, another run does, or another step of this run that has the same key. */
  | 'running'
  | 'cached'
  | 'ran'
  | 'failed'
  /** It cannot run because another step failed. */
  | 'skipped'
  | 'interrupted';

/** A step on its way through the scheduler. */
export interface Task {
  readonly step: Step;
  /** Position in the plan. */
  readonly index: number;
  state: TaskState;
  /** Inputs whose outputs are not known yet. */
  missing: number;
  readonly dependents: Task[];
  /** Counts from 1. */
  attempt: number;
  lock: Lock | undefined;
  /** The model that is made for it, in a team; known when it is ready. */
  model: Digest | undefined;
  /** It is tried though another runner has a claim on its model. */
  isHelp: boolean;
  /** It is left to other runners, because it failed here for what may be a reason of this host. */
  isLeft: boolean;
  /** How often each step was run again for this one, because the bytes it had made were damaged. */
  readonly remade: Map<string, number>;
  seconds: number | undefined;
  /** Why it failed or was skipped. */
  problem: string | undefined;
}

export function newTask(step: Step, index: number): Task {
  return {
    step,
    index,
    state: 'waiting',
    missing: 0,
    dependents: [],
    attempt: 1,
    lock: undefined,
    model: undefined,
    isHelp: false,
    isLeft: false,
    remade: new Map(),
    seconds: undefined,
    problem: undefined,
  };
}
