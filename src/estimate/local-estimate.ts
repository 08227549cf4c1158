import { join } from 'node:path';
import type { DeviceTraits } from '../cost/costed-step.js';
import type { DescribedNode } from '../cost/described.js';
import { type Costs, costsOf } from '../cost/estimate.js';
import { readSmallFile } from '../formats/file-access.js';
import type { Plan } from '../plan/plan.js';
import { resolveStep } from '../plan/resolve.js';
import { readPins } from '../run/hub-pins.js';
import { expandFetched } from '../run/prepare.js';
import { StudyPrograms } from '../run/programs/study-programs.js';
import { StudyCatalog } from '../run/study-catalog.js';
import { stepContracts } from '../steps/contracts.js';
import type { Step } from '../steps/step.js';
import type { Store } from '../store/store.js';
import type { Study, StudyCell } from '../workflow/study.js';
import { MadeData } from './data-context.js';
import { describeArtifacts, describeCheckpoint } from './described-artifacts.js';
import { lookAtData } from './look-at-data.js';

/** A device that is large enough, so that nothing is done in parts: what differs is small. */
const device: DeviceTraits = { software: false, memoryBudget: Number.POSITIVE_INFINITY, largestBinding: 2 ** 31 };

/** What is known of a plan without the network. */
export interface LocalEstimate {
  readonly plan: Plan;
  /** Work of the steps, done or not, but for those that take what was never fetched. */
  readonly costs: Costs;
}

/**
 * Plans the first cell of a study from what is on this machine, and counts what its steps take. Of models it reads the headers alone;
 * files of data are hashed, once. Asks nobody, starts nothing, opens no device.
 *
 * @throws InvalidWorkflowError and DataError about models, data and programs
 */
export async function estimateLocally(study: Study, store: Store): Promise<LocalEstimate> {
  const [{ label, workflow }] = study.cells as [StudyCell];
  const catalog = new StudyCatalog(study, store, { programs: new StudyPrograms(study) });
  const given = {
    models: await catalog.facts(label),
    commits: (await readPins(study)).get(label)!,
    programs: await catalog.programs(label),
  };
  const lookUp = (key: Parameters<Store['lookUp']>[0]) => store.lookUp(key);
  const { plan } = await expandFetched(workflow, given, { store, lookUp });
  const existing = new Map<string, DescribedNode>();
  const read = (...artifact: Parameters<Store['read']>) => store.read(...artifact);
  for (const [node, source] of plan.sources) {
    if (source.kind === 'model') {
      const checkpoint = await catalog.checkpoint(label, source.name);
      const ofFolder = (name: string, most: number) => readSmallFile(join(checkpoint.folder, name), most);
      existing.set(node, await describeCheckpoint(checkpoint, ofFolder));
    } else existing.set(node, await describeArtifacts(await catalog.source(label, source), read));
  }
  const unknown = new Set<string>();
  const steps: Step[] = [];
  for (const step of plan.steps) {
    const nodes = Object.values(step.inputs).map(({ node }) => node);
    if (isFetch(step)) {
      const situation = { declarations: stepContracts, sources: new Map(), deviceClass: 'none', forced: () => false };
      const outcome = resolveStep(step, new Map(), { ...situation, lookUp });
      if (outcome.status === 'cached') existing.set(step.id, await describeArtifacts(outcome.outputs, read));
      else unknown.add(step.id);
    } else if (nodes.some((node) => unknown.has(node))) unknown.add(step.id);
    else steps.push(step);
  }
  const look = lookAtData(new MadeData(read));
  const costs = await costsOf({ steps, existing, known: new Map(), device, assumed: new Map(), look });
  return { plan, costs };
}

function isFetch({ kind }: Step): boolean {
  return kind === 'fetch' || kind === 'fetch-adapter' || kind === 'fetch-dataset';
}
