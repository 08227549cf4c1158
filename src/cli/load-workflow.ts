import { InvalidWorkflowError, UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { renderDiagnostics } from '../diagnostics/render.js';
import { styleFor } from '../diagnostics/style.js';
import { cellChoice } from '../workflow/cell-choice.js';
import { type LoadOptions, loadStudy } from '../workflow/load.js';
import type { Study, StudyCell } from '../workflow/study.js';
import type { LoadedWorkflow } from '../workflow/workflow.js';
import type { Invocation } from './command.js';

/** Options of every command that reads a workflow. */
export const workflowOptions = {
  profile: {
    description: "Profile to lay over the workflow, instead of the workflow's own choice",
    value: 'NAME',
    completes: 'profile',
  },
  set: {
    description: 'Set one value, e.g. --set params.lr=1e-4; [ ], { } and quotes are YAML, paths relative to here',
    value: 'a.b=VALUE',
    multiple: true,
    completes: 'setting',
  },
  semantics: {
    description: 'paper or reference: where the paper and its published code differ',
    value: 'WHICH',
    completes: ['paper', 'reference'],
  },
  matrix: {
    description: 'Make a study: one cell for each combination of axes; replaces an axis of the workflow',
    value: 'AXIS=a,b',
    multiple: true,
    completes: 'setting',
  },
} as const;

/** What an invocation says by these options. Throws a UsageError. */
export function loadOptions(invocation: Invocation): LoadOptions {
  const semantics = invocation.value('semantics');
  if (semantics !== undefined && semantics !== 'paper' && semantics !== 'reference') {
    const meant = nearest(semantics, ['paper', 'reference']);
    throw new UsageError(`there are no semantics ${semantics}`, {
      hint: meant === undefined ? 'Give paper or reference.' : didYouMean(semantics, meant, meant),
    });
  }
  const settings = invocation.values('set');
  const given = settings.find((text) => text.startsWith('semantics='));
  if (semantics !== undefined && given !== undefined) {
    throw new UsageError(`--semantics ${semantics} and --set ${given} say the same thing twice`, { hint: 'Give one.' });
  }
  return { profile: invocation.value('profile'), set: settings, semantics, matrix: invocation.values('matrix') };
}

/** Reads the workflow an invocation names, with its matrix. Throws an InvalidWorkflowError; warnings go to stderr. */
export async function studyNamed(file: string, options: LoadOptions): Promise<Study> {
  const loaded = await loadStudy(file, options);
  if (!loaded.ok) throw new InvalidWorkflowError(loaded.diagnostics);
  if (loaded.warnings.length > 0) {
    process.stderr.write(renderDiagnostics(loaded.warnings, styleFor(process.stderr, process.env)));
  }
  return loaded.value;
}

/** The same for a command that takes one workflow. @throws UsageError where the matrix leaves several */
export async function workflowOf(file: string, options: LoadOptions): Promise<LoadedWorkflow> {
  return onlyWorkflow(await studyNamed(file, options));
}

/** The workflow of a study's only cell. @throws UsageError where there are several */
function onlyWorkflow(study: Study): LoadedWorkflow {
  const [first, ...others] = study.cells as [StudyCell];
  if (others.length === 0) return first.workflow;
  const { message, hint } = cellChoice(study);
  throw new UsageError(message, { hint });
}
