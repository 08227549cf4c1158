import type { Action } from '../formats/action.js';
import type { AttemptLog } from '../store/step-logs.js';
import type { Store } from '../store/store.js';
import type { RunStep } from './run-steps.js';

/** What is kept of a step of a run. */
export interface StepLog {
  readonly step: string;
  /** The attempt that made its result, whichever run it was of; null: there is no result, or it is collected. */
  readonly made: { readonly started: string; readonly seconds: number; readonly workflow: string } | null;
  /** Logs, oldest first; one that was done without a word has none. */
  readonly attempts: readonly (AttemptLog & { readonly madeResult: boolean })[];
}

/**
 * The log of the attempt that made a step's result, and those of the run's own attempts.
 * @param all every attempt at its key that is remembered
 */
export function stepLog(store: Store, run: string, step: RunStep, all: boolean): StepLog {
  const found = step.key === undefined ? undefined : store.actions.read(step.key);
  const action = found === 'garbage' ? undefined : found;
  const attempts = (step.key === undefined ? [] : store.logs.of(step.key)).map((attempt) => ({
    ...attempt,
    madeResult: action !== undefined && hasMade(attempt, action),
  }));
  return {
    step: step.id,
    made: action === undefined ? null : { started: action.started, seconds: action.seconds, workflow: action.workflow },
    attempts: attempts.filter((attempt) => all || attempt.madeResult || attempt.run === run),
  };
}

/** The record of a step is written by the attempt that is done within the time that it names. */
function hasMade({ outcome, started }: AttemptLog, action: Action): boolean {
  const [begun, attempt] = [Date.parse(action.started), Date.parse(started)];
  return outcome === 'done' && attempt >= begun && attempt <= begun + action.seconds * 1000 + 1;
}
