import { basename } from 'node:path/posix';
import type { KnownStep } from '../cost/costed-step.js';
import type { Hub } from '../data/hub.js';
import { datasetFiles } from '../data/hub-dataset.js';
import { hubModelFiles } from '../data/hub-model-files.js';
import { lookUpRevision } from '../data/hub-revision.js';
import { EnvironmentError } from '../diagnostics/errors.js';
import { openAdapterFiles } from '../formats/adapter/folder.js';
import { openCheckpointFiles } from '../formats/checkpoint.js';
import { indexName } from '../formats/weight-files.js';
import type { ModelFacts } from '../plan/facts.js';
import { commitName, hubInUse } from '../plan/hub-in-use.js';
import type { HubDefinition } from '../plan/plan.js';
import { factsOfCheckpoint } from '../run/checkpoints.js';
import { type PinnedCommits, readPins } from '../run/hub-pins.js';
import { fetchDataset } from '../steps/fetch-dataset.js';
import { isStepOf, type Step } from '../steps/step.js';
import { modelKind } from '../workflow/models/registry.js';
import type { Study } from '../workflow/study.js';
import type { Workflow } from '../workflow/workflow.js';
import { describeCheckpoint } from './described-artifacts.js';

/** What the hub tells of the models of a study without giving their weights. */
export interface HubFacts {
  /** Commits by the label of a cell. */
  readonly commits: PinnedCommits;
  /** Facts by the label of a cell, and by name. */
  readonly models: ReadonlyMap<string, ReadonlyMap<string, ModelFacts>>;
  /** What the steps that fetch them would bring. */
  readonly fetches: readonly { readonly definition: HubDefinition; readonly step: KnownStep }[];
}

/**
 * Asks the hub for config.json and the headers of safetensors files. What was asked before is kept in the hub's cache, and does
 * offline. Pins nothing.
 *
 * @throws EnvironmentError that names everything that is missing; DataError about a model
 */
export async function askHub(
  study: Study,
  hub: Hub,
  onAsk: (what: string) => void = () => undefined,
): Promise<HubFacts> {
  const pins = await readPins(study);
  const commits = new Map(study.cells.map(({ label }) => [label, new Map(pins.get(label)!)]));
  const models = new Map(study.cells.map(({ label }) => [label, new Map<string, ModelFacts>()]));
  const fetches: { readonly definition: HubDefinition; readonly step: KnownStep }[] = [];
  const definitions = study.cells.flatMap(({ label, workflow }) =>
    hubInUse(workflow, commits.get(label)!).map((definition) => ({ ...definition, cell: label, workflow })),
  );
  const nameOf = ({ kind, name }: HubDefinition) => `${kind}s.${name}`;
  await all(definitions, nameOf, async ({ workflow, ...definition }) => {
    const { kind, name, repo, revision, cell } = definition;
    onAsk(nameOf(definition));
    const commit = definition.commit ?? (await lookUpRevision(hub, { kind, repo, revision }));
    commits.get(cell)!.set(commitName(definition), commit);
    if (kind !== 'model') return;
    const { facts, ...step } = await lookAtModel(workflow, hub, definition, commit);
    models.get(cell)!.set(name, facts);
    fetches.push({ definition, step });
  });
  return { commits, models, fetches };
}

/** What steps that fetch datasets would bring, by their ids. @throws as askHub */
export async function askHubForFiles(steps: readonly Step[], hub: Hub): Promise<Map<string, KnownStep>> {
  const known = new Map<string, KnownStep>();
  const fetches = steps.filter((step) => isStepOf(fetchDataset, step));
  await all(
    fetches,
    ({ id }) => id,
    async ({ id, params: { repo, commit, rows } }) => {
      const files = await datasetFiles(hub, repo, commit, rows);
      let fetched = 0;
      for (const { path, bytes } of files) {
        if ((await hub.cachedFile({ kind: 'dataset', repo }, commit, path)) === undefined) fetched += bytes;
      }
      known.set(id, { fetched, outputs: new Map(files.map(({ path, bytes }) => [`file/${path}`, { bytes }])) });
    },
  );
  return known;
}

async function lookAtModel(
  workflow: Workflow,
  hub: Hub,
  { name, repo }: HubDefinition,
  commit: string,
): Promise<KnownStep & { readonly facts: ModelFacts }> {
  const model = workflow.models.get(name)!;
  const { holds, names } = modelKind(model);
  const files = await hubModelFiles(hub, repo, commit);
  const checkpoint = await (holds === 'adapter' ? openAdapterFiles(files) : openCheckpointFiles(files, names?.(model)));
  const weights = [...new Set([...checkpoint.tensors.values()].map(({ file }) => basename(file)))];
  const index = weights.length > 1 ? [indexName] : [];
  return {
    facts: factsOfCheckpoint(checkpoint),
    fetched: files.toFetch([...weights, ...index, ...checkpoint.companions.keys()]),
    outputs: await describeCheckpoint(checkpoint, files.read),
  };
}

/** Asks about each. What the environment lacks is gathered: whoever mends one thing at a time would ask again each time. */
async function all<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  ask: (item: T) => Promise<void>,
): Promise<void> {
  const missing: { readonly name: string; readonly error: EnvironmentError }[] = [];
  for (const item of items) {
    try {
      await ask(item);
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      missing.push({ name: nameOf(item), error });
    }
  }
  const [first, ...others] = missing;
  if (first === undefined) return;
  if (others.length === 0) throw first.error;
  const { message, hint } = first.error;
  const names = missing.map(({ name }) => name).join(', ');
  throw new EnvironmentError(`An estimate needs what the hub says of ${names}: ${message}`, {
    cause: first.error,
    ...(hint !== undefined && { hint }),
  });
}
