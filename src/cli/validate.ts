import { InvalidWorkflowError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { renderDiagnostics } from '../diagnostics/render.js';
import { styleFor } from '../diagnostics/style.js';
import { measuresNothing } from '../plan/definitions-in-use.js';
import type { LoadedWorkflow } from '../workflow/workflow.js';
import type { Command } from './command.js';
import { loadOptions, workflowOf, workflowOptions } from './load-workflow.js';
import { print } from './output.js';

export const command: Command = {
  name: 'validate',
  usage: 'FILE…',
  summary: 'Check workflows without running anything',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  options: workflowOptions,
  details: 'Exit codes: 0 all are valid, 2 one is not.',
  async run(invocation) {
    const options = loadOptions(invocation);
    let valid = true;
    for (const file of invocation.positionals) {
      try {
        print(`${printableLine(summary(file, await workflowOf(file, options)))}\n`);
      } catch (error) {
        if (!(error instanceof InvalidWorkflowError)) throw error;
        process.stderr.write(renderDiagnostics(error.diagnostics, styleFor(process.stderr, process.env)));
        valid = false;
      }
    }
    return valid ? exitCodes.done : exitCodes.invalid;
  },
};

function summary(file: string, workflow: LoadedWorkflow): string {
  const sections = (['models', 'datasets', 'recipes', 'updates', 'subspaces', 'sweeps', 'metrics'] as const)
    .filter((section) => workflow[section].size > 0)
    .map((section) => `${workflow[section].size} ${workflow[section].size === 1 ? section.slice(0, -1) : section}`);
  const profile = workflow.profile === undefined ? '' : ` with profile ${workflow.profile}`;
  const idle = measuresNothing(workflow) ? ', but measures nothing: there is nothing to run' : '';
  return `${file}: valid${profile}${sections.length > 0 ? ` (${sections.join(', ')})` : ''}${idle}`;
}
