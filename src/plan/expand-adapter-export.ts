import { UsageError } from '../diagnostics/errors.js';
import { isLinearWeight, mayBeConvolution, moduleOf } from '../formats/adapter/names.js';
import { isTiedCopy } from '../formats/architecture.js';
import type { ExportAdapterParams } from '../steps/export-adapter.js';
import type { Input } from '../steps/step.js';
import type { Workflow } from '../workflow/workflow.js';
import type { ModelExpansion } from './expand-models.js';
import type { UpdateExpansion, UpdateNode, UpdateTensor } from './expand-updates.js';
import type { Facts, ModelFacts } from './facts.js';
import type { ModelNode } from './model-node.js';
import type { PlanBuilder } from './plan-builder.js';

interface Parts {
  readonly facts: Facts;
  readonly models: ModelExpansion;
  readonly made: ReadonlyMap<string, ModelNode>;
  readonly updates: UpdateExpansion;
  readonly builder: PlanBuilder;
}

/**
 * Adds the step that writes the adapter which `runflow export --as adapter` asks for.
 * @throws UsageError when the update has other tensors than linear layers and nothing says what becomes of them, or has some
 * rows of a tensor alone
 */
export function expandAdapterExport({ adapterExport }: Workflow, parts: Parts): void {
  if (adapterExport === undefined) return;
  const { models, builder } = parts;
  const node = models.update(adapterExport.update);
  if ('waitsFor' in node) builder.defer(node.waitsFor, `updates.${adapterExport.update}`);
  else builder.exports.set(adapterExport.update, addStep(node, adapterExport, parts));
}

function addStep(
  node: UpdateNode,
  { rank, rest }: NonNullable<Workflow['adapterExport']>,
  { facts, made, updates, builder }: Parts,
): string {
  const { update, tensors } = node;
  if (node.cut.size > 0) throw cutOff(node);
  const linear = tensors.filter(({ name, shape }) => isLinearWeight(name, shape));
  const others = tensors.filter((tensor) => !linear.includes(tensor));
  if (linear.length === 0) throw new UsageError(`update ${update.name} has no linear layer, so no adapter can hold it`);
  if (others.length > 0 && rest === undefined) throw restNeeded(update.name, others);
  const inputs: Record<string, Input> = {};
  for (const tensor of linear) {
    const svd = updates.svd(node, tensor);
    for (const output of ['u', 's', 'v']) inputs[`${output}/${tensor.name}`] = { node: svd, output };
  }
  for (const { name } of others) {
    inputs[`from/${name}`] = { node: node.from, output: `tensor/${name}` };
    inputs[`to/${name}`] = { node: node.to, output: `tensor/${name}` };
  }
  const start = made.get(update.from)!;
  if (start.facts!.files.has('config.json')) inputs.config = { node: node.from, output: 'file/config.json' };
  const known = new Set(tensors.map(({ name }) => name));
  const { tensors: all, tied } = start.facts!;
  const outside = [...all.keys()].filter(
    (name) => !known.has(name) && !isTiedCopy(name, tied, (other) => all.has(other)),
  );
  const transposed = transposedLayers(linear, all);
  const commit = facts.commits.get(update.from);
  const params: ExportAdapterParams = {
    rank,
    linear: linear.map(({ name }) => name),
    others: others.map(({ name }) => name),
    ...(outside.length === 0 ? {} : { outside }),
    ...(others.length === 0 || rest === undefined ? {} : { rest }),
    ...(transposed.length === 0 ? {} : { transposed }),
    ...(tied && { tied: true }),
    ...(start.hub === undefined || commit === undefined ? {} : { base: { repo: start.hub.repo, commit } }),
  };
  const step = { id: `export-adapter[${update.name}]`, kind: 'export-adapter', params, inputs } as const;
  return builder.add<'export-adapter'>({ ...step, group: `Adapter of ${update.name}` }, `updates.${update.name}`);
}

/**
 * Layers of GPT-2's kind store [in, out]; of those that have their names and store [out, in], as GPT-BigCode's do, the ones
 * that join queries, keys and values or widen the MLP are taller than wide.
 */
function transposedLayers(linear: readonly UpdateTensor[], all: ModelFacts['tensors']): string[] {
  const widens = /\.c_(attn|fc)\.weight$/;
  const wide = [...all].some(([name, { shape }]) => widens.test(name) && shape.length === 2 && shape[1]! > shape[0]!);
  return wide ? linear.flatMap(({ name }) => (mayBeConvolution(moduleOf(name)) ? name : [])) : [];
}

function cutOff({ update, cut }: UpdateNode): UsageError {
  const names = [...cut.keys()];
  return new UsageError(
    `update ${update.name} is of the first rows of ${names.join(' and ')} alone (vocabulary: cut), and an adapter changes whole layers`,
    { hint: `Leave them out of the update: except: [${names.map((name) => JSON.stringify(name)).join(', ')}]` },
  );
}

function restNeeded(update: string, others: readonly UpdateTensor[]): UsageError {
  const names = others.slice(0, 3).map(({ name }) => name);
  if (others.length > names.length) names.push(`and ${others.length - names.length} more`);
  const tensors = others.length === 1 ? 'a tensor that is not a linear layer' : 'tensors that are not linear layers';
  return new UsageError(
    `update ${update} has ${tensors}, and an adapter has no factors for them: ${names.join(', ')}`,
    {
      hint: 'Say what becomes of them: --rest drop leaves them as they were, --rest modules-to-save stores them whole.',
    },
  );
}
