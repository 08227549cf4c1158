import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../diagnostics/errors.js';
import type { Definition, Workflow } from '../workflow/workflow.js';
import { metricsInUse } from './definitions-in-use.js';

/**
 * Refuses what the language can say and no step can do. A metric that nothing asks for is left alone, as a model is that
 * nothing uses.
 *
 * @throws InvalidWorkflowError with one diagnostic a definition.
 */
export function refuseUnplanned(workflow: Workflow): void {
  const diagnostics: Diagnostic[] = [];
  for (const metric of metricsInUse(workflow)) {
    if (metric.kind !== 'mso') diagnostics.push(refusal('metric', metric, metric.kind));
  }
  for (const claim of workflow.claims.values()) diagnostics.push(refusal('claim', claim, claim.kind));
  if (diagnostics.length > 0) throw new InvalidWorkflowError(diagnostics);
}

function refusal(what: string, { name, range }: Definition, kind: string): Diagnostic {
  return {
    severity: 'error',
    code: 'not-planned',
    message: `the ${what} "${name}" is of kind ${kind}, which this version of runflow can check but not run`,
    range,
    hint: 'Leave it out, or use a newer version.',
  };
}
