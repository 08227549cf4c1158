import type { SourceRange } from '../../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import { adapterChanges, type TensorChange } from '../../formats/adapter/changes.js';
import type { AdapterConfig } from '../../formats/adapter/config.js';
import { isTiedCopy } from '../../formats/architecture.js';
import { withinTime } from '../../formats/time-limit.js';
import type { FetchAdapterParams } from '../../steps/fetch-adapter.js';
import type { MergeAdapterParams } from '../../steps/merge-adapter.js';
import type { Input } from '../../steps/step.js';
import type { Model, ModelOf } from '../../workflow/models/model.js';
import type { ModelFacts } from '../facts.js';
import type { ModelNode } from '../model-node.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';

export const adapter: ModelPlan<ModelOf<'adapter'>> = {
  add: addAdapter,
  hub: (model) => ('path' in model.adapter ? undefined : model.adapter),
  text({ name, adapter: origin, base }, { commits }) {
    const what = 'path' in origin ? 'a local adapter' : `${origin.repo} at ${commits.get(name) ?? origin.revision}`;
    return `${base} with ${what} merged into it`;
  },
};

function addAdapter(model: ModelOf<'adapter'>, parts: ModelParts): ModelNode {
  const base = parts.made.get(model.base)!;
  const files = addFiles(model, parts);
  const adapterFacts = parts.facts.models.get(model.name);
  const waitsFor = [...new Set([...base.waitsFor, ...(adapterFacts === undefined ? [model.name] : [])])];
  if (base.node === undefined || base.facts === undefined || files === undefined || adapterFacts === undefined) {
    return { waitsFor };
  }
  const config = adapterFacts.adapter!;
  checkBase(model, config, base, parts);
  for (const what of adapterFacts.unread ?? []) {
    const why = 'not read: an adapter is its adapter_model.safetensors, and what else a model has comes from its base';
    parts.builder.omit({ of: `models.${model.name}`, what, why });
  }
  const facts = base.facts;
  const { changes, problems } = withinTime(
    () => adapterChanges(config, adapterFacts.tensors, facts),
    () => `models.${model.name}: the search for the names of modules by the patterns of adapter_config.json`,
  );
  if (problems.length > 0) throw mismatch(model, problems);
  const inputs: Record<string, Input> = { base: { node: base.node, output: '*' } };
  const scales: Record<string, number> = {};
  const transposed: string[] = [];
  for (const [tensor, { whole, again, factors }] of changes) {
    const add = (port: string, output: string | undefined) => {
      if (output !== undefined) inputs[`${port}/${tensor}`] = { node: files, output: `tensor/${output}` };
    };
    add('whole', whole);
    add('again', again);
    add('a', factors?.a);
    add('b', factors?.b);
    if (factors === undefined) continue;
    scales[tensor] = factors.scale;
    if (factors.transposed) transposed.push(tensor);
  }
  const params: MergeAdapterParams = { scales, ...(transposed.length === 0 ? {} : { transposed }) };
  const node = addModelStep(parts, 'merge-adapter', model, params, inputs);
  return { node, facts: factsOfMerged(facts, changes), waitsFor: [] };
}

/** The node whose outputs are the adapter's files; undefined as long as its commit is not known. */
function addFiles(model: ModelOf<'adapter'>, { builder, facts }: ModelParts): string | undefined {
  if ('path' in model.adapter) {
    const node = `source[${model.name}]`;
    builder.addSource(node, { kind: 'model', name: model.name });
    return node;
  }
  const commit = facts.commits.get(model.name);
  if (commit === undefined) return undefined;
  const params: FetchAdapterParams = { repo: model.adapter.repo, commit };
  const step = { id: `fetch[${model.name}]`, kind: 'fetch-adapter', params, inputs: {} } as const;
  return builder.add<'fetch-adapter'>({ ...step, group: `Model ${model.name}` }, `models.${model.name}`);
}

/** The base's tensors, without the stored copy of one that is tied to another. */
function factsOfMerged(base: ModelFacts, changes: ReadonlyMap<string, TensorChange>): ModelFacts {
  if (changes.size === 0) return base;
  const { tensors, tied } = base;
  const kept = [...tensors].filter(([name]) => !isTiedCopy(name, tied, (other) => tensors.has(other)));
  return { ...base, tensors: new Map(kept) };
}

/**
 * Compares the base that the adapter names with the one that it is given: repositories must be the same, or stated under
 * `trained-on`; what is not of the hub on both sides cannot be compared, which the plan says.
 */
function checkBase(
  model: ModelOf<'adapter'>,
  { baseName, revision }: AdapterConfig,
  { hub }: ModelNode,
  { builder, facts }: ModelParts,
): void {
  const { name, base, trainedOn } = model;
  const given = (repo: string) => repo.toLowerCase() === baseName?.toLowerCase();
  if (trainedOn !== undefined && !given(trainedOn)) {
    const named = baseName === undefined ? 'names no base' : `names ${baseName}`;
    const hint = 'trained-on repeats base_model_name_or_path of adapter_config.json.';
    throw invalid(model, `the adapter of model ${name} ${named}, and trained-on is ${trainedOn}`, hint);
  }
  if (baseName === undefined || trainedOn !== undefined) return;
  if (hub === undefined) {
    const why = `not compared with models.${base}, which does not stand on the hub`;
    builder.omit({ of: `models.${name}`, what: `base_model_name_or_path ${baseName}`, why });
    return;
  }
  if (!given(hub.repo)) {
    const message = `the adapter of model ${name} was trained on ${baseName} by its adapter_config.json, and models.${base} is ${hub.repo}`;
    throw invalid(model, message, `If the two have the same weights, say so: trained-on: ${baseName}`);
  }
  const commit = facts.commits.get(base);
  if (revision === undefined || revision === commit || revision === hub.revision) return;
  const why = `not compared with models.${base}, which is taken at ${commit}`;
  builder.omit({ of: `models.${name}`, what: `revision ${revision} of the base`, why });
}

const shownProblems = 5;

function mismatch(model: ModelOf<'adapter'>, problems: readonly string[]): InvalidWorkflowError {
  const shown = problems.slice(0, shownProblems);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  const message = `the adapter of model ${model.name} does not fit models.${model.base}: ${shown.join('; ')}`;
  return invalid(
    model,
    message,
    'Take the model that the adapter was trained on as its base, and the config that was saved with its weights.',
  );
}

function invalid(
  { range }: { readonly range: SourceRange } & Pick<Model, 'name'>,
  message: string,
  hint: string,
): InvalidWorkflowError {
  return new InvalidWorkflowError([{ severity: 'error', code: 'adapter-mismatch', message, range, hint }]);
}
