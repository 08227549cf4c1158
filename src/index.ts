/**
 * runflow as a library: read a workflow, plan it, run it, listen to what happens.
 *
 * ```ts
 * import { EventBus, InvalidWorkflowError, loadStudy, openStore, runWorkflow } from 'runflow';
 *
 * const loaded = await loadStudy('workflows/exp3.yaml');
 * if (!loaded.ok) throw new InvalidWorkflowError(loaded.diagnostics);
 * const events = new EventBus();
 * events.subscribe((event) => console.log(event.type));
 * const exitCode = await runWorkflow({ study: loaded.value, store: openStore(), events });
 * ```
 */
import { storeLocation } from './store/location.js';
import { Store } from './store/store.js';

export type { Diagnostic, Result, SourceRange } from './diagnostics/diagnostic.js';
export * from './diagnostics/errors.js';
export { type ExitCode, exitCodes } from './diagnostics/exit-codes.js';
export { renderDiagnostics } from './diagnostics/render.js';
export type { Artifact, Artifacts } from './formats/artifact.js';
export { type Checkpoint, type CheckpointTensor, openCheckpoint } from './formats/checkpoint.js';
export type { Digest } from './formats/digest.js';
export type {
  DatasetModule,
  ItemScore,
  MetricInputs,
  MetricModule,
  ModuleInputs,
  ModuleResponse,
} from './programs/module-contract.js';
export { EventBus, type GroupTotal, type Listener, type RunEvent } from './run/events.js';
export { type AdapterExportOptions, type ExportOptions, exportAdapter, exportModel } from './run/export.js';
export {
  describePlan,
  type PlanDescription,
  type Planned,
  type PlannedStep,
  type PlanOptions,
  planWorkflow,
} from './run/plan.js';
export type { Prepared } from './run/prepare.js';
export { type AllowOptions, allowPrograms } from './run/programs/trust.js';
export { type RunOptions, runWorkflow } from './run/run.js';
export type { Store } from './store/store.js';
export { type LoadOptions, loadStudy, loadWorkflow } from './workflow/load.js';
export { type Study, type StudyCell, studyOf } from './workflow/study.js';
export type { LoadedWorkflow, Semantics, Workflow } from './workflow/workflow.js';

/** Opens the store at a folder, or where the environment says (RUNFLOW_STORE, else the user's cache folder). */
export function openStore(folder?: string): Store {
  return Store.open(storeLocation(folder, process.env));
}
