import { type Planned, planWorkflow } from '../run/plan.js';

import { knownPrograms } from '../run/programs/trust.js';
import type { LoadedWorkflow } from '../workflow/workflow.js';
import { allowOption } from './allow-commands.js';
import type { Invocation } from './command.js';
import { loadOptions, workflowOf, workflowOptions } from './load-workflow.js';
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

/** Plans the workflow that an invocation names, for commands that only look. */
export async function preparedFor(
  invocation: Invocation,
  targets: readonly string[],
): Promise<Planned & { readonly workflow: LoadedWorkflow }> {
  const workflow = await workflowOf(invocation.positionals[0]!, loadOptions(invocation));
  const store = openedStore(invocation);
  const allowed = knownPrograms([workflow], invocation.switch('allow-commands'));
  const prepared = await planWorkflow({ workflow, store, targets, force: invocation.values('force'), allowed });
  return { ...prepared, workflow };
}
