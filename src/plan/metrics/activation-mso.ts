import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { ActivationTableRow } from '../../steps/activation-table.js';
import type { ActivationsParams } from '../../steps/activations.js';
import type { StepKind, StepOf } from '../../steps/contracts.js';
import type { ModelRecipe } from '../../steps/recipes/registry.js';
import type { Input } from '../../steps/step.js';
import type { ActivationMsoMetric } from '../../workflow/metrics/activation-mso.js';
import { pairsOfMetric } from '../../workflow/metrics/registry.js';
import type { Semantics } from '../../workflow/semantics.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import { layerCount } from '../layer-count.js';
import type { MeasuredModel } from '../model-node.js';
import type { PlanBuilder } from '../plan-builder.js';
import type { OverlapPlan, PlanParts } from './kind.js';
import { overlapParams } from './overlap-params.js';

export const activationMso: OverlapPlan<ActivationMsoMetric> = {
  of: 'models',
  rows: ({ name, models }) => ({ table: 'activations.csv', metric: name, models }),
  expand: expandActivations,
};

/** Adds the steps that compare what sets of prompts activate, and their table. */
function expandActivations(
  metrics: readonly ActivationMsoMetric[],
  { workflow, models, datasets, builder }: PlanParts,
): void {
  const rows: ActivationTableRow[] = [];
  const inputs: Record<string, Input> = {};
  const waitsFor = new Set<string>();
  for (const metric of metrics) {
    for (const name of metric.models) {
      const model = models.named(name);
      const nodes = [model, ...metric.prompts.map((prompts) => datasets.node(prompts))];
      const waiting = nodes.flatMap((node) => ('waitsFor' in node ? node.waitsFor : []));
      if (waiting.length > 0 || 'waitsFor' in model) {
        builder.defer(waiting, `metrics.${metric.name}`);
        for (const waited of waiting) waitsFor.add(waited);
        continue;
      }
      for (const { row, overlap } of addModel(metric, name, model, workflow.semantics, datasets, builder)) {
        inputs[`${rows.length}`] = { node: overlap, output: 'overlap' };
        rows.push(row);
      }
    }
  }
  if (waitsFor.size > 0) builder.defer([...waitsFor], 'activation-table');
  else if (rows.length > 0) {
    const id = 'activation-table';
    const node = builder.add({ id, kind: 'activation-table', params: { rows }, inputs, group: 'Tables' }, 'report');
    builder.results.push({ file: 'activations.csv', node, output: 'activations.csv' });
  }
}

function addModel(
  metric: ActivationMsoMetric,
  name: string,
  model: MeasuredModel,
  semantics: Semantics,
  datasets: DatasetExpansion,
  builder: PlanBuilder,
): { readonly row: ActivationTableRow; readonly overlap: string }[] {
  const definition = `metrics.${metric.name}`;
  const layers = layerCount(model.origin.facts);
  const inWindow = windowOf(metric, name, layers, semantics);
  const step = <K extends StepKind>(kind: K, what: string, params: StepOf<K>['params']) => ({
    ...{ id: `${kind}[${metric.name},${name},${what}]`, kind, params },
  });
  const hidden = new Map<string, string>();
  for (const prompts of metric.prompts) {
    const { template, prompt, maxLength } = metric;
    const maxTokens = metric.position === 'last-generated' ? metric.maxTokens : null;
    const dataset = `datasets.${prompts}`;
    const params: ActivationsParams = {
      ...{ model: asPublished(model.model, semantics), dataset, prompt, template, maxLength, maxTokens },
      ...(metric.position === 'last-padded' ? { padded: { batch: publishedBatch } } : {}),
      ...(semantics === 'reference' ? { heldAs: 'F16' } : {}),
    };
    const node = datasets.node(prompts) as { readonly node: string };
    const inputs = { ...model.inputs, rows: { node: node.node, output: 'rows' } };
    const group = `Activations of ${name}`;
    hidden.set(prompts, builder.add({ ...step('activations', prompts, params), inputs, group }, definition));
  }
  const basis = (prompts: string, layer: number) => {
    const inputs = { hidden: { node: hidden.get(prompts)!, output: `hidden/${layer}` } };
    const made = step('activation-basis', `${prompts},${layer}`, { centre: metric.centre });
    return builder.add({ ...made, inputs, group: `Activation bases of ${name}` }, definition);
  };
  return pairsOfMetric(metric).flatMap(([a, b]) =>
    Array.from({ length: layers + 1 }, (_, layer) => {
      const [basisA, basisB] = [basis(a, layer), basis(b, layer)];
      const inputs = {
        'a-u': { node: basisA, output: 'u' },
        'a-s': { node: basisA, output: 's' },
        'b-u': { node: basisB, output: 'u' },
        'b-s': { node: basisB, output: 's' },
      };
      const made = step('overlap', `${a},${b},${layer}`, overlapParams(semantics));
      const overlap = builder.add({ ...made, inputs, group: `Activation overlap in ${name}` }, definition);
      const energies = [...metric.energies].sort((x, y) => x - y);
      const row = {
        metric: metric.name,
        model: name,
        pair: [a, b] as const,
        layer,
        inWindow: inWindow(layer),
        energies,
      };
      return { row, overlap };
    }),
  );
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
function windowOf(
  { layers: [from, to], name, range }: ActivationMsoMetric,
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
