import { UsageError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { Artifacts } from '../formats/artifact.js';
import {
  checkAbsent,
  contentsOfAdapter,
  contentsOfModel,
  type ReadArtifact,
  writeCheckpoint,
} from '../formats/checkpoint-writer.js';
import type { Digest } from '../formats/digest.js';
import type { AdapterSummary } from '../steps/export-adapter.js';
import { DamagedObjectError, unlessDamaged } from '../store/object-store.js';
import { atTrainingSeed, hasTrainingSeeds, trainingSeeds } from '../workflow/models/training-seeds.js';
import { studyOf } from '../workflow/study.js';
import type { AdapterExport, LoadedWorkflow } from '../workflow/workflow.js';
import { planWorkflow } from './plan.js';
import { type RunOptions, runWorkflow } from './run.js';

interface ExportRun extends Omit<RunOptions, 'study' | 'out' | 'results' | 'targets' | 'force'> {
  readonly workflow: LoadedWorkflow;
  /** Absolute; must not be there yet. */
  readonly folder: string;
  /** Which of several: a model that depends on training seeds is as many models. */
  readonly trainingSeed?: number | undefined;
  /** Finds out which programs of the user's may be run to make what is exported; in place of `allowed`. */
  readonly allow?: (workflow: LoadedWorkflow) => Promise<ReadonlySet<Digest>>;
}

export interface ExportOptions extends ExportRun {
  /** Name of a model of the workflow. */
  readonly model: string;
  /** Largest weight file. */
  readonly shardBytes?: number;
}

export interface AdapterExportOptions extends ExportRun {
  readonly adapter: AdapterExport;
}

/**
 * Writes a model of a workflow as a Hugging Face folder. Whatever makes the model and is not cached is run first, and
 * nothing else.
 *
 * @returns the exit code of that run; only after `done` is the folder there
 * @throws UsageError when there is no such model, it is several of different training seeds, or the folder exists; what runWorkflow and writeCheckpoint throw
 */
export async function exportModel(options: ExportOptions): Promise<ExitCode> {
  const { folder, model, shardBytes } = options;
  checkName(options.workflow, 'model', model);
  const workflow = ofTrainingSeed(options, `model ${model}`, [model]);
  await checkAbsent(folder);
  const read = reader(options);
  const write = (artifacts: Artifacts) => writeCheckpoint(folder, contentsOfModel(artifacts, read), shardBytes);
  const exported = await allowing(options, workflowToExport(workflow, { exports: [model] }));
  return exportOnce(exported, { name: model, write });
}

/**
 * Writes an update of a workflow as a folder that PEFT opens as a LoRA adapter. Its decompositions are those that
 * subspaces and metrics share.
 *
 * @returns the exit code of the run, and once it is `done` what the adapter holds and what not
 * @throws UsageError when there is no such update, the folder exists, or nothing says what becomes of its other tensors
 */
export async function exportAdapter(
  options: AdapterExportOptions,
): Promise<{ readonly exitCode: ExitCode; readonly summary?: AdapterSummary }> {
  const { folder, adapter, store } = options;
  checkName(options.workflow, 'update', adapter.update);
  const { from, to } = options.workflow.updates.get(adapter.update)!;
  const workflow = ofTrainingSeed(options, `update ${adapter.update}`, [from, to]);
  await checkAbsent(folder);
  const read = reader(options);
  let summary: AdapterSummary | undefined;
  const write = async (artifacts: Artifacts) => {
    summary = JSON.parse(Buffer.from(await store.read(artifacts.summary!)).toString()) as AdapterSummary;
    await writeCheckpoint(folder, contentsOfAdapter(artifacts, read));
  };
  const exported = await allowing(options, workflowToExport(workflow, { adapterExport: adapter }));
  const exitCode = await exportOnce(exported, { name: adapter.update, write });
  return { exitCode, ...(summary === undefined ? {} : { summary }) };
}

async function allowing<Options extends ExportRun>(options: Options, workflow: LoadedWorkflow): Promise<Options> {
  const allowed = await options.allow?.(workflow);
  return { ...options, workflow, ...(allowed && { allowed }) };
}

function reader({ store }: ExportRun): ReadArtifact {
  return (artifact, offset, length) => store.read(artifact, offset, length);
}

/** What is written of a plan: its name among the plan's exports. */
interface Exported {
  readonly name: string;
  readonly write: (artifacts: Artifacts) => Promise<void>;
}

/** @param mending how often it may be made again because it turned out damaged */
async function exportOnce(options: ExportRun, exported: Exported, mending = mostMendingRuns): Promise<ExitCode> {
  const { folder, store } = options;
  const study = studyOf(options.workflow);
  const exitCode = await runWorkflow({ ...options, study, out: folder, results: false, purpose: 'export' });
  if (exitCode !== exitCodes.done) return exitCode;
  const artifacts = await artifactsOf(exported.name, options);
  try {
    await exported.write(artifacts);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof DamagedObjectError) || mending === 0) throw error;
    // All that is damaged is thrown away, so that what made it runs again.
    for (const { at, ...object } of Object.values(artifacts)) {
      if (at === undefined) await store.objects.verify(object).catch(unlessDamaged);
    }
    options.events.publish({ type: 'warning', message: error.message, hint: 'It is made again now.' });
    return exportOnce(options, exported, mending - 1);
  }
}

/** What is damaged once more after so many runs is on a disk that does not keep what is written. */
const mostMendingRuns = 2;

/** The workflow without all that measures; claims go too, for they name what is measured. */
export function workflowToExport(
  workflow: LoadedWorkflow,
  exported: Pick<LoadedWorkflow, 'exports' | 'adapterExport'>,
): LoadedWorkflow {
  return { ...workflow, sweeps: new Map(), metrics: new Map(), claims: new Map(), steps: new Map(), ...exported };
}

/** The artifacts of what is exported, after the run that made it. */
async function artifactsOf(
  name: string,
  { workflow, store, allowed, environment = process.env }: ExportRun,
): Promise<Artifacts> {
  const study = studyOf(workflow);
  const { plan, outcomes, situation } = await planWorkflow({
    study,
    store,
    ...(allowed && { allowed }),
    environment,
  });
  const node = plan.exports.get(name)!;
  const outcome = outcomes.get(node);
  const artifacts = outcome?.status === 'cached' ? outcome.outputs : situation.sources.get(node);
  if (artifacts === undefined) throw new Error(`${node} has run and is not in the store`);
  return artifacts;
}

/** What can be exported: a model as a folder of its own, an update as an adapter. */
const forms = {
  model: { section: 'models', other: 'update', hint: 'is an update: it is written with --as adapter.' },
  update: { section: 'updates', other: 'model', hint: 'is a model: --as adapter takes an update that leads to it.' },
} as const;

/** The workflow with the training seed that was chosen, where what is exported depends on one. */
function ofTrainingSeed(
  { workflow, trainingSeed: seed }: ExportRun,
  what: string,
  models: readonly string[],
): LoadedWorkflow {
  if (!models.some((name) => hasTrainingSeeds(name, workflow))) {
    if (seed === undefined) return workflow;
    throw new UsageError(`${what} depends on no list of training seeds`, { hint: 'Leave --training-seed out.' });
  }
  const seeds = trainingSeeds(workflow.models)!;
  const choice = `Say which: --training-seed ${seeds[0]}`;
  if (seed === undefined) {
    const message = `${what} is one of each training seed, ${seeds.join(', ')}, and one is exported`;
    throw new UsageError(message, { hint: choice });
  }
  if (!seeds.includes(seed)) {
    throw new UsageError(`${what} has no training seed ${seed}: it has ${seeds.join(', ')}`, { hint: choice });
  }
  return atTrainingSeed(workflow, seed);
}

function checkName(workflow: LoadedWorkflow, what: keyof typeof forms, name: string): void {
  const { section, other } = forms[what];
  if (workflow[section].has(name)) return;
  const names = [...workflow[section].keys()];
  const meant = nearest(name, names);
  let hint = meant === undefined ? `It has: ${names.join(', ') || 'none'}.` : didYouMean(name, meant, meant);
  if (workflow[forms[other].section].has(name)) hint = `${name} ${forms[what].hint}`;
  throw new UsageError(`${workflow.name} has no ${what} ${name}`, { hint });
}
