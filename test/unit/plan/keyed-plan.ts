import { dirname, relative, resolve } from 'node:path';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { type Digest, digestOf } from '../../../src/formats/digest.js';
import { expand } from '../../../src/plan/expand.js';
import type { Facts, ModelFacts } from '../../../src/plan/facts.js';
import { fingerprintOf, keyOf } from '../../../src/plan/key.js';
import type { Plan } from '../../../src/plan/plan.js';
import { stepContracts } from '../../../src/steps/contracts.js';
import type { Step } from '../../../src/steps/step.js';
import { type LoadOptions, loadWorkflow } from '../../../src/workflow/load.js';
import type { LoadedWorkflow } from '../../../src/workflow/workflow.js';
import { memoryFiles } from '../workflow/memory-files.js';

export interface Keyed {
  readonly step: Step;
  readonly key: Digest;
}

/** The workflow of a text, which must be valid. */
export async function workflowOf(source: string, options: LoadOptions = {}): Promise<LoadedWorkflow> {
  const loaded = await loadWorkflow('fields.yaml', options, memoryFiles({ 'fields.yaml': source }));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.value;
}

/** The plan of a text once everything foreign is pinned and fetched. */
export async function planOf(source: string, options: LoadOptions = {}): Promise<Plan> {
  const workflow = await workflowOf(source, options);
  return expand(workflow, factsOf(workflow));
}

/** All steps with the keys they would have if every output were determined by its step's key. */
export async function keysOf(source: string, options: LoadOptions = {}): Promise<Map<string, Keyed>> {
  return keysOfWorkflow(await workflowOf(source, options));
}

/** The same of a workflow that is read already. */
export function keysOfWorkflow(workflow: LoadedWorkflow): Map<string, Keyed> {
  const plan = expand(workflow, factsOf(workflow));
  if (plan.deferred.length > 0) throw new Error(`deferred: ${plan.deferred.map(({ what }) => what).join(', ')}`);
  const outputs = new Map<string, Artifacts>();
  for (const [node, { name }] of plan.sources) outputs.set(node, everyOutput(contentOf(workflow, node, name)));
  const keyed = new Map<string, Keyed>();
  for (const step of plan.steps) {
    const declaration = stepContracts[step.kind];
    if (declaration === undefined) throw new Error(`${step.id} is of a kind that nobody declares`);
    const key = keyOf(fingerprintOf(step, declaration, outputs, 'device'));
    outputs.set(step.id, everyOutput(key));
    keyed.set(step.id, { step, key });
  }
  return keyed;
}

/** Ids of the steps that are new in `after`, or have another key there. */
export function moved(before: ReadonlyMap<string, Keyed>, after: ReadonlyMap<string, Keyed>): string[] {
  return [...after].filter(([id, { key }]) => before.get(id)?.key !== key).map(([id]) => id);
}

/** Has any output it is asked for, with a digest made from the name and what made it. */
function everyOutput(from: Digest): Artifacts {
  const all: Artifact = { digest: from, bytes: 1 };
  return new Proxy({ all }, { get: (_, name) => ({ digest: digestOf(`${from} ${String(name)}`), bytes: 1 }) });
}

/** Another path stands for another content here; that the same content at another path moves no key, key.test.ts says. */
function contentOf(workflow: LoadedWorkflow, node: string, name: string): Digest {
  const source = node.startsWith('source[datasets.') ? workflow.datasets.get(name) : workflow.models.get(name);
  if (source?.kind !== 'path') throw new Error(`${node} is no source`);
  return digestOf(relative(dirname(resolve(workflow.file)), source.path));
}

/** Every repository has a commit, another for each revision; all foreign models have one architecture. */
export function factsOf(workflow: LoadedWorkflow): Facts {
  const foreign: ModelFacts = {
    tensors: new Map([['weight', { dtype: 'F32', shape: [8, 4] }]]),
    tied: false,
    files: new Set(['config.json']),
  };
  const commits = new Map<string, string>();
  for (const [section, definitions] of [
    ['', workflow.models],
    ['datasets.', workflow.datasets],
  ] as const) {
    for (const definition of definitions.values()) {
      if (definition.kind !== 'hub') continue;
      commits.set(`${section}${definition.name}`, digestOf(`${definition.repo} ${definition.revision}`).slice(7, 47));
    }
  }
  const models = [...workflow.models.values()].filter(({ kind }) => kind === 'path' || kind === 'hub');
  return { models: new Map(models.map(({ name }) => [name, foreign])), commits, deviceClass: 'device' };
}
