import { UsageError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { Artifacts } from '../formats/artifact.js';
import { checkAbsent, contentsOfModel, writeCheckpoint } from '../formats/checkpoint-writer.js';
import { DamagedObjectError, unlessDamaged } from '../store/object-store.js';
import type { LoadedWorkflow } from '../workflow/workflow.js';
import { planWorkflow } from './plan.js';
import { type RunOptions, runWorkflow } from './run.js';

export interface ExportOptions extends Omit<RunOptions, 'out' | 'results' | 'targets' | 'force'> {
  /** Name of a model of the workflow. */
  readonly model: string;
  /** Absolute; must not be there yet. */
  readonly folder: string;
  /** Largest weight file. */
  readonly shardBytes?: number;
}

/**
 * Writes a model of a workflow as a Hugging Face folder. Whatever makes the model and is not cached is run first, and
 * nothing else.
 *
 * @returns the exit code of that run; only after `done` is the folder there
 * @throws UsageError when there is no such model or the folder exists; what runWorkflow and writeCheckpoint throw
 */
export async function exportModel(options: ExportOptions): Promise<ExitCode> {
  checkModel(options.workflow, options.model);
  await checkAbsent(options.folder);
  return exportOnce(options, mostMendingRuns);
}

/** @param mending how often the model may be made again because it turned out damaged */
async function exportOnce(options: ExportOptions, mending: number): Promise<ExitCode> {
  const { folder, model, store, shardBytes } = options;
  const workflow = workflowToExport(options.workflow, model);
  const exitCode = await runWorkflow({ ...options, workflow, out: folder, results: false });
  if (exitCode !== exitCodes.done) return exitCode;
  const artifacts = await artifactsOf(model, { ...options, workflow });
  try {
    const contents = contentsOfModel(artifacts, (artifact, offset, length) => store.read(artifact, offset, length));
    await writeCheckpoint(folder, contents, shardBytes);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof DamagedObjectError) || mending === 0) throw error;
    // All that is damaged is thrown away, so that what made it runs again.
    for (const { at, ...object } of Object.values(artifacts)) {
      if (at === undefined) await store.objects.verify(object).catch(unlessDamaged);
    }
    options.events.publish({ type: 'warning', message: error.message, hint: 'It is made again now.' });
    return exportOnce(options, mending - 1);
  }
}

/** A model that is damaged once more after so many runs is on a disk that does not keep what is written. */
const mostMendingRuns = 2;

/** The workflow without all that measures; claims go too, for they name what is measured. */
export function workflowToExport(workflow: LoadedWorkflow, model: string): LoadedWorkflow {
  return { ...workflow, sweeps: new Map(), metrics: new Map(), claims: new Map(), exports: [model] };
}

/** A model's artifacts after the run that made it. */
async function artifactsOf(
  model: string,
  { workflow, store, environment = process.env }: RunOptions,
): Promise<Artifacts> {
  const { plan, outcomes, situation } = await planWorkflow({ workflow, store, environment });
  const node = plan.exports.get(model)!;
  const outcome = outcomes.get(node);
  const artifacts = outcome?.status === 'cached' ? outcome.outputs : situation.sources.get(node);
  if (artifacts === undefined) throw new Error(`${node} has run and is not in the store`);
  return artifacts;
}

function checkModel(workflow: LoadedWorkflow, name: string): void {
  if (workflow.models.has(name)) return;
  const names = [...workflow.models.keys()];
  const meant = nearest(name, names);
  throw new UsageError(`${workflow.name} has no model ${name}`, {
    hint: meant === undefined ? `It has: ${names.join(', ') || 'none'}.` : didYouMean(name, meant, meant),
  });
}
