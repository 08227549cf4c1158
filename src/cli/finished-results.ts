import { UsageError } from '../diagnostics/errors.js';
import type { ReportInput, ReportParams } from '../report/section.js';
import { DamagedObjectError } from '../store/object-store.js';
import type { LoadedWorkflow } from '../workflow/workflow.js';
import type { Invocation } from './command.js';
import { onlyWorkflow } from './load-workflow.js';
import { openedStore } from './opened-store.js';
import { preparedFor } from './prepared.js';

/**
 * What the report of a workflow is made of, from what is in the store already: nothing is run.
 * @throws UsageError where a table is not made yet, or was damaged: it says what to run; or where a matrix leaves several workflows
 */
export async function finishedResults(
  invocation: Invocation,
): Promise<{ readonly workflow: LoadedWorkflow; readonly input: Omit<ReportInput, 'claimEffects'> }> {
  const { study, plan, outcomes } = await preparedFor(invocation, []);
  const workflow = onlyWorkflow(study);
  const file = invocation.positionals[0]!;
  const report = plan.steps.find(({ kind }) => kind === 'report');
  if (report === undefined) {
    if (plan.deferred.length === 0) throw new UsageError(`${file} measures nothing that could be shown`);
    throw notMade(file, 'what it measures depends on models that are not fetched yet');
  }
  const store = openedStore(invocation);
  const files = new Map<string, string>();
  for (const [name, { node, output }] of Object.entries(report.inputs)) {
    const outcome = outcomes.get(node);
    if (outcome?.status !== 'cached') throw notMade(file, `${name} is not made yet`);
    try {
      files.set(name, Buffer.from(await store.read(outcome.outputs[output]!)).toString());
    } catch (error) {
      if (!(error instanceof DamagedObjectError)) throw error;
      throw notMade(file, `${name} is damaged in the store`);
    }
  }
  return { workflow, input: { params: report.params as ReportParams, files } };
}

function notMade(file: string, why: string): UsageError {
  return new UsageError(why, { hint: `Run it first, with the same options: runflow run ${file}` });
}
