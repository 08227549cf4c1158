import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { ActivationsParams } from '../../steps/activations.js';
import type { ModelRecipe } from '../../steps/recipes/registry.js';
import type { Definition } from '../../workflow/definition.js';
import type { HiddenStates } from '../../workflow/metrics/hidden-states.js';
import type { Semantics } from '../../workflow/semantics.js';
import type { MeasuredModel } from '../model-node.js';
import type { PlanParts } from './kind.js';

/** A metric that takes hidden states. */
export type OfHiddenStates = Definition & HiddenStates;

/** Adds the step that gives the hidden states of a set of prompts, which must be known by then. @returns its id */
export function addHiddenStates(
  metric: OfHiddenStates,
  { name, model }: { readonly name: string; readonly model: MeasuredModel },
  prompts: string,
  { workflow: { semantics }, datasets, builder }: PlanParts,
): string {
  const { template, prompt, maxLength } = metric;
  const maxTokens = metric.position === 'last-generated' ? metric.maxTokens : null;
  const dataset = `datasets.${prompts}`;
  const params: ActivationsParams = {
    model: asPublished(model.model, semantics),
    dataset,
    prompt,
    template,
    maxLength,
    maxTokens,
    ...(metric.position === 'last-padded' ? { padded: { batch: publishedBatch } } : {}),
    ...(semantics === 'reference' ? { heldAs: 'F16' } : {}),
  };
  const { node } = datasets.node(prompts) as { readonly node: string };
  const step = {
    id: `activations[${metric.name},${name},${prompts}]`,
    kind: 'activations' as const,
    params,
    inputs: { ...model.inputs, rows: { node, output: 'rows' } },
    group: `Activations of ${name}`,
  };
  return builder.add(step, `metrics.${metric.name}`);
}

/** Prompts that the published code computes together. */
const publishedBatch = 16;

/** The published code reads every model as F16. */
function asPublished(model: ModelRecipe, semantics: Semantics): ModelRecipe {
  return semantics === 'reference' ? { ...model, heldAs: 'F16' } : model;
}

/**
 * Which of the layers + 1 hidden states count. Paper: those at a depth from `layers[0]` to `layers[1]`, the embeddings being at depth 0 and
 * the last layer at 1. Published code: positions int(from·n) … int(to·n) − 1 in the list of all n = layers + 1 of them.
 */
export function windowOf(
  { layers: [from, to], name, range }: OfHiddenStates,
  model: string,
  layers: number,
  semantics: Semantics,
): (layer: number) => boolean {
  const states = layers + 1;
  const [first, last] =
    semantics === 'paper'
      ? [Math.ceil(from * layers - 1e-9), Math.floor(to * layers + 1e-9)]
      : [Math.floor(from * states), Math.floor(to * states) - 1];
  if (first > last) {
    throw new InvalidWorkflowError([
      {
        severity: 'error',
        code: 'empty-window',
        message: `no hidden state of model ${model} (${layers} layers) lies in the window ${from} … ${to} of metric ${name}`,
        range,
        hint: 'Widen `layers` of the metric, for example [0.5, 1].',
      },
    ]);
  }
  return (layer) => layer >= first && layer <= last;
}
