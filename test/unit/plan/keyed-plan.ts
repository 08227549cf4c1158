import { dirname, relative, resolve } from 'node:path';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { parseAdapterConfig } from '../../../src/formats/adapter/config.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { type Digest, digestOf } from '../../../src/formats/digest.js';
import { programsInUse } from '../../../src/plan/definitions-in-use.js';
import { expand } from '../../../src/plan/expand.js';
import type { Facts, ModelFacts, ProgramFacts } from '../../../src/plan/facts.js';
import { fingerprintOf, keyOf } from '../../../src/plan/key.js';
import { modelPlan } from '../../../src/plan/models/registry.js';
import type { Plan } from '../../../src/plan/plan.js';
import { stepContracts } from '../../../src/steps/contracts.js';
import type { Step } from '../../../src/steps/step.js';
import { localFiles } from '../../../src/workflow/datasets/registry.js';
import { type LoadOptions, loadWorkflow } from '../../../src/workflow/load.js';
import type { Model } from '../../../src/workflow/models/model.js';
import { modelKind } from '../../../src/workflow/models/registry.js';
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
  const program = programsInUse(workflow).find(({ of }) => of === name);
  if (program !== undefined) return digestOf(`files ${program.program.files.join(' ')}`);
  const path = node.startsWith('source[datasets.')
    ? localFiles(workflow.datasets.get(name)!)?.path
    : folderOf(workflow.models.get(name)!);
  if (path === undefined) throw new Error(`${node} is no source`);
  return digestOf(relative(dirname(resolve(workflow.file)), path));
}

function folderOf(model: Model): string | undefined {
  return modelKind(model).folder?.(model);
}

/** Of a llama with a hidden size of 16. */
const foreignAdapter: ModelFacts = {
  tensors: new Map([
    ['base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight', { dtype: 'F32', shape: [2, 16] }],
    ['base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight', { dtype: 'F32', shape: [16, 2] }],
  ]),
  tied: false,
  files: new Set(['adapter_config.json']),
  adapter: parseAdapterConfig(
    Buffer.from(
      '{ "peft_type": "LORA", "r": 2, "target_modules": ["layers.0.self_attn.q_proj"], "base_model_name_or_path": "org/start" }',
    ),
    'adapter_config.json',
  ),
};

/** Every repository has a commit, another for each revision; all foreign models have one architecture. */
export function factsOf(workflow: LoadedWorkflow): Facts {
  const foreign: ModelFacts = {
    tensors: new Map([['weight', { dtype: 'F32', shape: [8, 4] }]]),
    tied: false,
    files: new Set(['config.json']),
  };
  const commits = new Map<string, string>();
  for (const dataset of workflow.datasets.values()) {
    if (dataset.kind !== 'hub') continue;
    commits.set(`datasets.${dataset.name}`, digestOf(`${dataset.repo} ${dataset.revision}`).slice(7, 47));
  }
  const models = new Map<string, ModelFacts>();
  for (const model of workflow.models.values()) {
    const hub = modelPlan(model).hub?.(model);
    if (hub === undefined && folderOf(model) === undefined) continue;
    models.set(model.name, modelKind(model).holds === 'adapter' ? foreignAdapter : foreign);
    if (hub !== undefined) commits.set(model.name, digestOf(`${hub.repo} ${hub.revision}`).slice(7, 47));
  }
  const programs = new Map(
    programsInUse(workflow).map(({ of, program: { files, version } }): [string, ProgramFacts] => [
      of,
      { files, ...(version !== null && { version: 'v1' }) },
    ]),
  );
  return { models, commits, programs, deviceClass: 'device' };
}
