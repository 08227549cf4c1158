import { type Planned, planWorkflow } from '../run/plan.js';

import { knownPrograms } from '../run/programs/trust.js';
import type { Study } from '../workflow/study.js';
import { allowOption } from './allow-commands.js';
import type { Invocation } from './command.js';
import { loadOptions, studyNamed, workflowOptions } from './load-workflow.js';
import { openedStore, storeOption } from './opened-store.js';

/** Options of every command that plans a workflow. */
export const planOptions = {
  ...workflowOptions,
  ...storeOption,
  ...allowOption,
  force: {
    description: 'Count steps that match as not cached; without a pattern all',
    value: 'STEP',
    bare: '*',
    multiple: true,
    completes: 'target',
  },
} as const;

/** Plans the study that an invocation names, for commands that only look. */
export async function preparedFor(
  invocation: Invocation,
  targets: readonly string[],
): Promise<Planned & { readonly study: Study }> {
  const study = await studyNamed(invocation.positionals[0]!, loadOptions(invocation));
  const store = openedStore(invocation);
  const workflows = study.cells.map(({ workflow }) => workflow);
  const allowed = knownPrograms(workflows, invocation.switch('allow-commands'));
  const prepared = await planWorkflow({ study, store, targets, force: invocation.values('force'), allowed });
  return { ...prepared, study };
}
