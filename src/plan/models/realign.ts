import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { EnergyParams } from '../../steps/energy.js';
import type { RealignmentParams } from '../../steps/realignment.js';
import type { RealignedModel } from '../../steps/recipes/realigned.js';
import type { Input } from '../../steps/step.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { UpdateNode, UpdateTensor, Waiting } from '../expand-updates.js';
import type { InMemoryModel } from '../model-node.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';
import { addWritten } from './written.js';

export const realign: ModelPlan<ModelOf<'realign'>> = {
  add: (model, parts) => addWritten(model, inMemory(model, parts), parts),
  inMemory,
  text({ update, against, rule, safe }) {
    const where = 'lowest' in rule ? `the ${rule.lowest} lowest cosines` : `cosines of ${rule.threshold} and below`;
    const mixed = safe === undefined ? '' : `, ${safe.share} of ${safe.update} mixed in`;
    return `${update} realigned with ${against} by ${rule.method}, ${where}${mixed}`;
  },
};

function inMemory(model: ModelOf<'realign'>, parts: ModelParts): InMemoryModel | Waiting {
  const { updates, projections, made } = parts;
  const names = [model.update, model.against, ...(model.safe === undefined ? [] : [model.safe.update])];
  const nodes = names.map((name) => updates.node(name));
  const waiting = nodes.flatMap((node) => ('waitsFor' in node ? node.waitsFor : []));
  if (waiting.length > 0) return { waitsFor: [...new Set(waiting)] };
  const [update, against, safe] = nodes as [UpdateNode, UpdateNode, UpdateNode | undefined];
  updates.requireSameTensors(update, against, model.range);
  if (safe !== undefined) updates.requireSameTensors(update, safe, model.range);
  const cut = [update, against, ...(safe === undefined ? [] : [safe])].find((node) => node.cut.size > 0);
  if (cut !== undefined) {
    const message = `rows of update ${cut.update.name} are cut, and a realigned model has all of them`;
    const hint = `Leave ${[...cut.cut.keys()].join(' and ')} out of the updates: \`except:\`.`;
    throw new InvalidWorkflowError([{ severity: 'error', code: 'cut-rows', message, range: model.range, hint }]);
  }
  // Vectors have no left singular vectors to disagree in.
  const matrices = update.tensors.filter(({ vector }) => !vector);
  if (matrices.length === 0) {
    const message = `update ${model.update} has no matrix that could be realigned`;
    throw new InvalidWorkflowError([{ severity: 'error', code: 'nothing-to-realign', message, range: model.range }]);
  }
  const { heldAs } = projections.published;
  const inputs: Record<string, Input> = {
    from: { node: update.from, output: '*' },
    to: { node: update.to, output: '*' },
    choice: { node: addChoice(model, matrices, update, against, parts), output: 'choice' },
  };
  if (safe === undefined) {
    for (const tensor of matrices) {
      const node = updates.svd(against, tensor);
      inputs[`basis/${tensor.name}`] = { node, output: 'u' };
      inputs[`s/${tensor.name}`] = { node, output: 's' };
    }
  } else {
    inputs['safe-from'] = { node: safe.from, output: '*' };
    inputs['safe-to'] = { node: safe.to, output: '*' };
  }
  const recipe: RealignedModel = {
    kind: 'realigned',
    tensors: matrices.map(({ name }) => name),
    ...(model.safe === undefined ? {} : { share: model.safe.share }),
    ...(heldAs === undefined ? {} : { heldAs }),
  };
  const { to } = update.update;
  return { model: recipe, inputs, origin: { name: to, node: update.to, facts: made.get(to)!.facts! } };
}

/** Adds the step that measures cosines and chooses. @returns its id */
function addChoice(
  model: ModelOf<'realign'>,
  matrices: readonly UpdateTensor[],
  update: UpdateNode,
  against: UpdateNode,
  parts: ModelParts,
): string {
  const inputs: Record<string, Input> = {};
  for (const [index, tensor] of matrices.entries()) {
    const svd = parts.updates.svd(against, tensor);
    const s = { node: svd, output: 's' };
    inputs[`${index}/energy`] = {
      node: addEnergy(model, tensor, { update, against, svd, s }, parts),
      output: 'energy',
    };
    inputs[`${index}/s`] = s;
  }
  const params: RealignmentParams = { rule: model.rule, tensors: matrices.map(({ name }) => name) };
  const node = addModelStep(parts, 'realignment', model, params, inputs);
  parts.builder.realigned.set(model.name, node);
  return node;
}

/** The energy of the update along each left singular vector of the alignment's; models of one pair share it. */
function addEnergy(
  { name }: ModelOf<'realign'>,
  tensor: UpdateTensor,
  {
    update,
    against,
    svd,
    s,
  }: { readonly update: UpdateNode; readonly against: UpdateNode; readonly svd: string; readonly s: Input },
  { builder, projections }: ModelParts,
): string {
  const output = `tensor/${tensor.name}`;
  const { heldAs } = projections.published;
  const params: EnergyParams = {
    mode: 'parallel',
    side: 'left',
    ranks: [],
    ...(heldAs === undefined ? {} : { heldAs }),
  };
  const pair = `${update.update.name},${against.update.name}`;
  const step = {
    id: `energy[${pair},realign,${tensor.name}]`,
    kind: 'energy' as const,
    params,
    inputs: {
      from: { node: update.from, output },
      to: { node: update.to, output },
      basis: { node: svd, output: 'u' },
      s,
    },
    group: `Agreement of ${update.update.name} with ${against.update.name}`,
    cost: tensor.rows * tensor.columns * tensor.rankMax,
  };
  return builder.add(step, `models.${name}`);
}
