import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import { embeddingTensor } from '../../formats/architecture.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { Waiting } from '../expand-updates.js';
import type { ModelFacts } from '../facts.js';
import { layerCount } from '../layer-count.js';
import type { MeasuredModel } from '../model-node.js';
import { subspacePlan } from '../subspaces/registry.js';
import type { ModelParts, ModelPlan } from './kind.js';

type Add = ModelOf<'add'>;

export const add: ModelPlan<Add> = {
  /** It is run and never written. */
  add(model) {
    const message = `nothing can be made from it, and it cannot be exported: what it adds is a bias of one layer's down_proj alone, and the family's config.json cannot say it`;
    throw invalid(model, message, `Metrics run it. Elsewhere name ${model.model}, whose weights it has.`);
  },
  inMemory,
  text: ({ model, subspace, times }) =>
    `${model} ${times < 0 ? '−' : '+'} ${Math.abs(times)} · ${subspace} in the residual stream that enters the layer of ${subspace}`,
};

function inMemory(definition: Add, parts: ModelParts): MeasuredModel | Waiting {
  const { model, times } = definition;
  const subspace = parts.workflow.subspaces.get(definition.subspace)!;
  const own = parts.projections.ownTensors(subspace);
  const { node, facts, waitsFor } = parts.made.get(model)!;
  const waiting = [...waitsFor, ...('waitsFor' in own ? own.waitsFor : [])];
  if (node === undefined || facts === undefined || 'waitsFor' in own) return { waitsFor: [...new Set(waiting)] };
  const direction = subspacePlan(subspace).own!.vector(subspace, parts);
  if (typeof direction === 'string') throw invalid(definition, `${subspace.name} cannot be added: ${direction}`);
  requireSameStream(definition, facts, direction.facts);
  const origin = { name: model, node, facts };
  const whole = { node, output: '*' };
  if (times === 0) return { model: { kind: 'whole' }, inputs: { model: whole }, origin };
  const { layer, vector } = direction;
  return { model: { kind: 'shifted', layer, times }, inputs: { shifted: whole, vector }, origin };
}

/** A layer of another model, or a vector of another length, has no place in the stream. */
function requireSameStream(definition: Add, facts: ModelFacts, source: ModelFacts): void {
  const [own, other] = [facts, source].map(streamText) as [string, string];
  if (own === other) return;
  const message = `model ${definition.model} has ${own}, and the model of subspace ${definition.subspace} ${other}`;
  throw invalid(definition, message, `Make the subspace of a model of the shape of ${definition.model}.`);
}

function streamText(facts: ModelFacts): string {
  const hidden = facts.tensors.get(embeddingTensor)?.shape[1];
  const width = hidden === undefined ? `no ${embeddingTensor}` : `a residual stream of ${hidden} components`;
  return `${layerCount(facts)} layers and ${width}`;
}

function invalid({ name, range }: Add, message: string, hint?: string): InvalidWorkflowError {
  const text = `model ${name}: ${message}`;
  return new InvalidWorkflowError([
    { severity: 'error', code: 'cannot-add', message: text, range, ...(hint === undefined ? {} : { hint }) },
  ]);
}
