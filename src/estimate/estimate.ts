import type { Assumptions, DeviceTraits, KnownStep } from '../cost/costed-step.js';
import type { DescribedNode } from '../cost/described.js';
import { type Costs, costsOf } from '../cost/estimate.js';
import type { HostRates } from '../cost/rates.js';
import { type RateRange, type Totals, totalsOf } from '../cost/totals.js';
import { Hub } from '../data/hub.js';
import { hubSettings } from '../data/hub-settings.js';
import { fetchStep } from '../plan/hub-in-use.js';
import { judgeRequests } from '../run/judge-requests.js';
import type { Planned, PlanOptions } from '../run/plan.js';
import { type Prepared, prepare } from '../run/prepare.js';
import { StudyPrograms } from '../run/programs/study-programs.js';
import { StudyCatalog } from '../run/study-catalog.js';
import type { Step } from '../steps/step.js';
import type { Store } from '../store/store.js';
import { MadeData } from './data-context.js';
import { describeArtifacts } from './described-artifacts.js';
import { askHub, askHubForFiles } from './hub-facts.js';
import { lookAtData } from './look-at-data.js';

/** A machine that costs are counted for. */
export interface EstimatedMachine {
  readonly traits: DeviceTraits;
  readonly device: RateRange;
  readonly host: HostRates;
  /** The device class of steps that are cached; absent: none that ran on a device are. */
  readonly deviceClass?: string;
}

export interface EstimateOptions extends PlanOptions {
  readonly machine: EstimatedMachine;
  readonly assumed: Assumptions;
  readonly signal?: AbortSignal;
  /** Told what of the hub is looked at. */
  readonly onAsk?: (what: string) => void;
}

/** A plan, with what its steps take. */
export interface Estimated extends Planned {
  readonly costs: Costs;
  readonly totals: Totals;
}

/**
 * Plans the workflows of a study whole, with what the hub tells of models that were never fetched, and counts what the steps take that are
 * not cached. Fetches no weights and no data; of the store only the memory of file digests is written.
 *
 * @throws what prepare and askHub throw
 */
export async function estimateWorkflow(options: EstimateOptions): Promise<Estimated> {
  const { study, store, targets = [], force = [], environment = process.env, machine, assumed } = options;
  const hub = new Hub(hubSettings(environment), options.signal === undefined ? {} : { signal: options.signal });
  const { commits, models, fetches } = await askHub(study, hub, options.onAsk);
  const programs = new StudyPrograms(study, options.allowed);
  const prepared = await prepare({
    study,
    store,
    targets,
    force,
    commits,
    hubModels: models,
    catalog: new StudyCatalog(study, store, { programs }),
    deviceClass: machine.deviceClass ?? 'another device',
    lookUp: (key) => store.lookUp(key),
  });
  const known = fetches.flatMap(({ definition, step }): (readonly [string, KnownStep])[] => {
    const id = fetchStep(prepared.plan, definition);
    return id === undefined ? [] : [[id, step]];
  });
  const steps = prepared.steps.filter(({ id }) => prepared.outcomes.get(id)?.status !== 'cached');
  const facts = {
    steps,
    existing: await existingNodes(steps, prepared, store),
    known: new Map<string, KnownStep>([...known, ...(await askHubForFiles(steps, hub))]),
    device: machine.traits,
    assumed,
    look: lookAtData(new MadeData((artifact, offset, length) => store.read(artifact, offset, length)), options.signal),
  };
  const costs = await costsOf(facts);
  const totals = totalsOf(costs, machine.device, machine.host, machine.traits.software);
  return { ...prepared, programs, judges: await judgeRequests(prepared, study, store), costs, totals };
}

/** What steps take that exists: sources, and outputs of steps that are cached. */
async function existingNodes(
  steps: readonly Step[],
  { situation, outcomes }: Prepared,
  store: Store,
): Promise<Map<string, DescribedNode>> {
  const nodes = new Map<string, DescribedNode>();
  for (const { node } of steps.flatMap(({ inputs }) => Object.values(inputs))) {
    if (nodes.has(node)) continue;
    const outcome = outcomes.get(node);
    const artifacts = outcome?.status === 'cached' ? outcome.outputs : situation.sources.get(node);
    if (artifacts === undefined) continue;
    nodes.set(node, await describeArtifacts(artifacts, (artifact) => store.read(artifact)));
  }
  return nodes;
}
