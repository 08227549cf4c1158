import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import { didYouMean, nearest } from '../../diagnostics/nearest.js';
import type { Side } from '../../formats/projection.js';
import type { Input } from '../../steps/step.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { UpdateTensor, Waiting } from '../expand-updates.js';
import { globMatches } from '../glob.js';
import type { InMemoryModel } from '../model-node.js';
import { subspacePlan } from '../subspaces/registry.js';
import type { ModelParts, ModelPlan } from './kind.js';
import { addWritten } from './written.js';

type Ablate = ModelOf<'ablate'>;

export const ablate: ModelPlan<Ablate> = {
  add: (model, parts) => addWritten(model, inMemory(model, parts), parts),
  inMemory,
  text({ model, subspace, rank, except }) {
    const what = rank === null ? 'the directions' : `the first ${rank} directions`;
    return `${model} without ${what} of ${subspace}${except.length === 0 ? '' : `, except in ${except.join(', ')}`}`;
  },
};

function inMemory(definition: Ablate, parts: ModelParts): InMemoryModel | Waiting {
  const { model, range, rank } = definition;
  const subspace = parts.workflow.subspaces.get(definition.subspace)!;
  const own = parts.projections.ownTensors(subspace);
  const { node, facts, waitsFor } = parts.made.get(model)!;
  const waiting = [...waitsFor, ...('waitsFor' in own ? own.waitsFor : [])];
  if (node === undefined || facts === undefined || 'waitsFor' in own) return { waitsFor: waiting };
  const tensors = parts.updates.tensorsOf(facts);
  const ablated = subspacePlan(subspace).own!.ablated(subspace, tensors);
  if (typeof ablated === 'string') throw invalid(definition, `model ${model} cannot be ablated: ${ablated}`);
  const chosen = without(ablated, definition);
  parts.projections.requireFit(subspace, `model ${model}`, chosen, own, range);
  const tied = chosen.find(({ uses }) => uses === 2);
  if (tied !== undefined) {
    const text = `the output layer is tied to ${tied.name}, so that the directions are taken out of it, too`;
    parts.builder.note({ of: `models.${definition.name}`, text });
  }
  const inputs: Record<string, Input> = { ablated: { node, output: '*' } };
  const [ranks, sides]: [Record<string, number>, Record<string, Side>] = [{}, {}];
  for (const tensor of chosen) {
    const { side, directions } = parts.projections.action(subspace, tensor)!;
    const { basis, s } = parts.projections.basis({ subspace, seed: null }, tensor, side, undefined);
    inputs[`basis/${tensor.name}`] = basis;
    if (s !== undefined) inputs[`s/${tensor.name}`] = s;
    ranks[tensor.name] = Math.min(rank ?? directions, directions);
    sides[tensor.name] = side;
  }
  return { model: { kind: 'ablated', ranks, sides }, inputs, origin: { name: model, node, facts } };
}

/** The tensors that no pattern of `except` matches. */
function without(tensors: readonly UpdateTensor[], definition: Ablate): readonly UpdateTensor[] {
  const names = tensors.map(({ name }) => name);
  const patterns = definition.except.map((pattern) => ({ pattern, matches: globMatches(pattern) }));
  for (const { pattern, matches } of patterns) {
    if (names.some(matches)) continue;
    const meant = nearest(pattern, names);
    const hint = meant === undefined ? `It is taken out of ${names[0]}, for example.` : didYouMean(pattern, meant);
    const message = `${definition.subspace} is taken out of no tensor that the pattern "${pattern}" of except matches`;
    throw invalid(definition, message, hint);
  }
  const chosen = tensors.filter(({ name }) => !patterns.some(({ matches }) => matches(name)));
  if (chosen.length > 0) return chosen;
  throw invalid(definition, `${definition.subspace} is taken out of no tensor of model ${definition.model}`);
}

function invalid({ name, range }: Ablate, message: string, hint?: string): InvalidWorkflowError {
  const text = `model ${name}: ${message}`;
  return new InvalidWorkflowError([
    { severity: 'error', code: 'cannot-ablate', message: text, range, ...(hint === undefined ? {} : { hint }) },
  ]);
}
