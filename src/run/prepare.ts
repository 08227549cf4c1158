import { EnvironmentError } from '../diagnostics/errors.js';
import type { Digest } from '../formats/digest.js';
import { expand } from '../plan/expand.js';
import { Explainer } from '../plan/explain.js';
import type { Facts, ModelFacts } from '../plan/facts.js';
import { joinCells } from '../plan/join.js';
import { type CellPlan, mergePlans } from '../plan/merge.js';
import type { Plan } from '../plan/plan.js';
import { type Found, type Outcome, resolve, resolveStep, type Situation } from '../plan/resolve.js';
import {
  matchingSteps,
  namesNoCell,
  tablesOfTargets,
  targetSteps,
  type UnmadeTable,
  unknownStep,
  withAncestors,
} from '../plan/targets.js';
import { stepContracts } from '../steps/contracts.js';
import type { Step } from '../steps/step.js';
import { unlessDamaged } from '../store/object-store.js';
import type { Store } from '../store/store.js';
import { hasMatrix, type Study } from '../workflow/study.js';
import type { LoadedWorkflow } from '../workflow/workflow.js';
import { needsTokens } from './catalog.js';
import { factsOfArtifacts } from './checkpoints.js';
import { earlierSteps } from './edits-behind.js';
import type { PinnedCommits } from './hub-pins.js';
import { cellFolder } from './results/name.js';
import type { StudyCatalog } from './study-catalog.js';

export interface PrepareOptions {
  readonly study: Study;
  readonly store: Store;
  readonly catalog: StudyCatalog;
  /** Commits of hub models, as far as they are pinned. */
  readonly commits: PinnedCommits;
  /** Facts of hub models that were never fetched, by cell and name. Absent: they are known once they are fetched. */
  readonly hubModels?: ReadonlyMap<string, ReadonlyMap<string, ModelFacts>>;
  /** The class of the device that steps will run on, or why there is none. */
  readonly deviceClass: string | EnvironmentError;
  readonly targets: readonly string[];
  /** Patterns of steps to run though they are cached. */
  readonly force: readonly string[];
  /** Forced steps that have run already. */
  readonly done?: Pick<ReadonlySet<string>, 'has'>;
  readonly lookUp: (key: Digest, step: string) => Found;
}

/** A plan of what is to be done now, and what is done already. */
export interface Prepared {
  readonly plan: Plan;
  /** Steps that the targets need, and the tables that are whole with them. */
  readonly steps: readonly Step[];
  /** Tables that the targets feed and that would not be whole. */
  readonly unmade: readonly UnmadeTable[];
  readonly situation: Situation;
  readonly outcomes: Map<string, Outcome>;
  readonly explainer: Explainer;
}

/**
 * Expands the workflow of every cell as far as it can be known, joins their plans, selects, and finds out what is cached. Reads the
 * disk, writes nothing.
 *
 * @throws InvalidWorkflowError, DataError about the models; UsageError about targets; EnvironmentError when a selected step
 * needs a device and there is none
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { study, store, catalog, deviceClass } = options;
  const usableClass = deviceClass instanceof EnvironmentError ? undefined : deviceClass;
  const cells: (CellPlan & { workflow: LoadedWorkflow; facts: Facts })[] = [];
  for (const cell of study.cells) {
    const facts: Facts = {
      models: new Map([...(options.hubModels?.get(cell.label) ?? []), ...(await catalog.facts(cell.label))]),
      commits: options.commits.get(cell.label)!,
      programs: await catalog.programs(cell.label),
      ...(usableClass === undefined ? {} : { deviceClass: usableClass }),
    };
    const folder = hasMatrix(study) ? cellFolder(cell.label) : '';
    const expanded = await expandFetched(cell.workflow, facts, options);
    cells.push({ ...cell, folder, ...expanded });
  }
  const plan = joinCells(mergePlans(cells), study, cells);
  const forced = forcedSteps(plan, options.force);
  const situation: Situation = {
    declarations: stepContracts,
    sources: await catalog.sources(plan),
    deviceClass: usableClass ?? 'none',
    lookUp: options.lookUp,
    forced: (id) => forced.has(id) && !options.done?.has(id),
  };
  await askAhead(plan.steps, situation, store);
  const { steps, unmade } = selectSteps(plan, options.targets, situation);
  if (deviceClass instanceof EnvironmentError && steps.some((step) => stepContracts[step.kind]?.usesDevice)) {
    throw deviceClass;
  }
  const outcomes = resolve(steps, situation);
  const { previous, editsBehind } = await earlierSteps(store, study, { plan, cells, steps }, outcomes);
  const explainer = new Explainer(steps, outcomes, stepContracts, previous, editsBehind);
  return { plan, steps, unmade, situation, outcomes, explainer };
}

function selectSteps(plan: Plan, targets: readonly string[], situation: Situation): Pick<Prepared, 'steps' | 'unmade'> {
  if (targets.length === 0) return { steps: plan.steps, unmade: [] };
  const wanted = targetSteps(plan, targets);
  const outcomes = resolve(plan.steps, situation);
  const isDone = (node: string) => situation.sources.has(node) || outcomes.get(node)?.status === 'cached';
  const { tables, unmade } = tablesOfTargets(plan, wanted, isDone);
  return { steps: withAncestors(plan.steps, new Set([...wanted, ...tables])), unmade };
}

/** Expands again as long as fetches that are in the store tell the tensors of more models. */
export async function expandFetched(
  workflow: LoadedWorkflow,
  given: Facts,
  options: Pick<PrepareOptions, 'store' | 'lookUp'>,
): Promise<{ plan: Plan; facts: Facts }> {
  const { store } = options;
  const withTokens = needsTokens(workflow);
  let facts = given;
  for (;;) {
    const plan = expand(workflow, facts);
    const models = new Map(facts.models);
    const situation: Situation = {
      declarations: stepContracts,
      sources: new Map(),
      deviceClass: 'none',
      lookUp: options.lookUp,
      forced: () => false,
    };
    const fetches = new Set(plan.deferred.flatMap((deferred) => deferred.models.map((name) => `fetch[${name}]`)));
    const fetchSteps = plan.steps.filter(({ id }) => fetches.has(id));
    await askAhead(fetchSteps, situation, store);
    for (const name of new Set(plan.deferred.flatMap((deferred) => deferred.models))) {
      const step = plan.steps.find(({ id }) => id === `fetch[${name}]`);
      if (step === undefined || models.has(name)) continue;
      const outcome = resolveStep(step, new Map(), situation);
      if (outcome.status !== 'cached') continue;
      // A damaged object was thrown away: the step that made it runs again, and tells then.
      const known = await factsOfArtifacts(outcome.outputs, store, withTokens).catch(unlessDamaged);
      if (known !== undefined) models.set(name, known);
    }
    if (models.size === facts.models.size) return { plan, facts };
    facts = { ...facts, models };
  }
}

/**
 * Asks the upstream for all keys that are known and not cached here, then for those that become known by its answers: as
 * many times as steps follow each other, however many there are.
 */
async function askAhead(steps: readonly Step[], situation: Situation, { upstream }: Store): Promise<void> {
  const asked = new Set<Digest>();
  for (let found = upstream === undefined ? 0 : 1; found > 0; ) {
    const keys = [...resolve(steps, situation).values()].flatMap((outcome) =>
      outcome.status === 'run' && outcome.key !== undefined && outcome.why.type !== 'forced' ? [outcome.key] : [],
    );
    const unasked = keys.filter((key) => !asked.has(key));
    for (const key of unasked) asked.add(key);
    found = await upstream!.ask(unasked);
  }
}

function forcedSteps(plan: Plan, patterns: readonly string[]): Set<string> {
  const forced = new Set<string>();
  for (const pattern of patterns) {
    const found = matchingSteps(plan, pattern);
    if (found.size === 0 && (plan.deferred.length === 0 || namesNoCell(plan, pattern))) {
      throw unknownStep(plan, pattern, `--force=${pattern}`);
    }
    for (const id of found) forced.add(id);
  }
  return forced;
}
