import { findRun } from '../history/find-run.js';
import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';
import type { Invocation } from './command.js';

/** How commands that look back name a run, for their help. */
export const runNames =
  'RUN is an id, the beginning of one, a tag, or last, last~1, … for the newest run, the one before it, …';

/** The option that narrows down what `last` and the other names of runs mean. */
export const ofOption = {
  of: { description: 'Count only runs of this workflow (its name or file)', value: 'WORKFLOW' },
} as const;

/** Options of commands about steps of a run. */
export const stepOptions = {
  run: { description: 'Run that the step is of (last)', value: 'RUN' },
  ...ofOption,
} as const;

/** How commands about steps name one, for their help. */
export const stepNames =
  "STEP is the id of a step, its kind, or a pattern such as 'train[*]'; runflow show RUN --steps lists them.";

/** The run that `--run` names, or the newest. @throws UsageError */
export function chosenRun(store: Store, invocation: Invocation): RunRecord {
  return findRun(store, invocation.value('run') ?? 'last', invocation.value('of'));
}
