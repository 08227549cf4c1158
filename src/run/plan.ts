import { EnvironmentError } from '../diagnostics/errors.js';
import type { Digest } from '../formats/digest.js';
import { reasonText } from '../plan/explain-text.js';
import { fetchStep } from '../plan/hub-in-use.js';
import type { Deferred, HubDefinition } from '../plan/plan.js';
import type { Store } from '../store/store.js';
import type { Study } from '../workflow/study.js';
import { findDevice } from './device.js';
import { readPins } from './hub-pins.js';
import { type AllJudgeRequests, inAll, type JudgeRequests, judgeRequests } from './judge-requests.js';
import { type Prepared, prepare } from './prepare.js';
import { StudyPrograms } from './programs/study-programs.js';
import type { PlannedCommand } from './programs/workflow-programs.js';
import { StudyCatalog } from './study-catalog.js';

export interface PlanOptions {
  readonly study: Study;
  readonly store: Store;
  readonly targets?: readonly string[];
  /** Patterns of steps to count as not cached. */
  readonly force?: readonly string[];
  /** Digests of programs of the user's whose version commands may be run. Default: none. */
  readonly allowed?: ReadonlySet<Digest>;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Plans the workflows of a study and looks what is cached, as a run would find it now. No device is opened, nothing is fetched, and of
 * the store only the memory of file digests is written.
 *
 * @throws what prepare throws
 */
export async function planWorkflow(options: PlanOptions): Promise<Planned> {
  const { study, store, targets = [], force = [], allowed, environment = process.env } = options;
  const device = await findDevice(environment);
  const programs = new StudyPrograms(study, allowed);
  const prepared = await prepare({
    study,
    store,
    catalog: new StudyCatalog(study, store, { programs }),
    commits: await readPins(study),
    deviceClass: device instanceof EnvironmentError ? device : device.deviceClass,
    targets,
    force,
    lookUp: (key) => store.lookUp(key),
  });
  return { ...prepared, programs, judges: await judgeRequests(prepared, study, store) };
}

/** A prepared workflow, with what its judges would be asked. */
export interface Planned extends Prepared {
  readonly judges: readonly JudgeRequests[];
  readonly programs: StudyPrograms;
}

/** A plan as `runflow plan --json` prints it. */
export interface PlanDescription {
  readonly steps: readonly PlannedStep[];
  readonly counts: { readonly cached: number; readonly run: number };
  /** What a run would fetch from the hub. */
  readonly toFetch: readonly HubDefinition[];
  /** What can be planned only then. */
  readonly deferred: readonly Deferred[];
  /** What judges behind servers would be asked, and of all of them together. */
  readonly judges: readonly JudgeRequests[];
  readonly judging: AllJudgeRequests;
  /** The programs of the user's that a run would start. */
  readonly commands: readonly PlannedCommand[];
}

export interface PlannedStep {
  readonly id: string;
  readonly kind: string;
  /** The cell of a matrix that has it, or what its cells have in common; absent where all have it. */
  readonly cell?: string;
  readonly status: 'cached' | 'run';
  /** It is cached in the remote store, not here. */
  readonly remote?: true;
  /** Reason in one line. */
  readonly reason: string;
}

export function describePlan(prepared: Planned): PlanDescription {
  const { plan, steps, explainer } = prepared;
  const described = steps.map(({ id, kind, cell }): PlannedStep => {
    const reason = explainer.explain(id);
    const status = reason.type === 'cached' ? 'cached' : 'run';
    return {
      id,
      kind,
      ...(cell === undefined ? {} : { cell }),
      status,
      ...(reason.type === 'cached' && reason.remote ? { remote: true as const } : {}),
      reason: reasonText(reason),
    };
  });
  const cached = described.filter(({ status }) => status === 'cached').length;
  const counts = { cached, run: described.length - cached };
  const { judges } = prepared;
  return {
    steps: described,
    counts,
    toFetch: toFetch(prepared),
    deferred: plan.deferred,
    judges,
    judging: inAll(judges),
    commands: prepared.programs.describe(),
  };
}

/** What of the hub is not in the store: not looked up yet, or to be fetched by a step of the plan. */
export function toFetch({ plan, steps, outcomes }: Prepared): HubDefinition[] {
  const selected = new Set(steps.map(({ id }) => id));
  return plan.hub.filter((definition) => {
    const step = fetchStep(plan, definition);
    if (definition.commit === undefined || step === undefined) return definition.commit === undefined;
    return selected.has(step) && outcomes.get(step)?.status !== 'cached';
  });
}
