import { printableLine } from '../diagnostics/printable.js';
import { type Planned, planWorkflow } from '../run/plan.js';
import { knownPrograms } from '../run/programs/trust.js';
import type { Store } from '../store/store.js';
import type { Study } from '../workflow/study.js';
import { allowOption } from './allow-commands.js';
import type { Invocation } from './command.js';
import { loadOptions, studyNamed, workflowOptions } from './load-workflow.js';
import { openedStore, storeOption } from './opened-store.js';
import { connectRemote, remoteOption } from './remote-option.js';

/** Options of every command that plans a workflow. */
export const planOptions = {
  ...workflowOptions,
  ...storeOption,
  ...allowOption,
  ...remoteOption,
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
): Promise<Planned & { readonly study: Study; readonly store: Store }> {
  const study = await studyNamed(invocation.positionals[0]!, loadOptions(invocation));
  const store = openedStore(invocation);
  const warn = (message: string, hint = '') =>
    process.stderr.write(`warning: ${printableLine(`${message}. ${hint}`.trim())}\n`);
  await connectRemote(store, invocation, { keep: false, warn });
  const workflows = study.cells.map(({ workflow }) => workflow);
  const allowed = knownPrograms(workflows, invocation.switch('allow-commands'));
  const prepared = await planWorkflow({ study, store, targets, force: invocation.values('force'), allowed });
  return { ...prepared, study, store };
}
