import type { ActivationTableRow } from '../../steps/activation-table.js';
import type { StepKind, StepOf } from '../../steps/contracts.js';
import type { ActivationMsoMetric } from '../../workflow/metrics/activation-mso.js';
import { pairsOfMetric } from '../../workflow/metrics/registry.js';
import { layerCount } from '../layer-count.js';
import type { MeasuredModel } from '../model-node.js';
import type { TableRow } from '../plan-builder.js';
import { addHiddenStates, windowOf } from './hidden-states.js';
import type { OverlapPlan, PlanParts } from './kind.js';
import { overlapParams } from './overlap-params.js';

export const activationMso: OverlapPlan<ActivationMsoMetric> = {
  of: 'models',
  rows: ({ name, models }) => ({ table: 'activations.csv', metric: name, models }),
  expand: expandActivations,
};

/** Adds the steps that compare what sets of prompts activate, and their table. */
function expandActivations(metrics: readonly ActivationMsoMetric[], parts: PlanParts): void {
  const { models, datasets, builder } = parts;
  const rows: TableRow<ActivationTableRow>[] = [];
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
      for (const { row, overlap } of addModel(metric, name, model, parts)) {
        rows.push({ row, inputs: { '': { node: overlap, output: 'overlap' } } });
      }
    }
  }
  if (waitsFor.size > 0) builder.defer([...waitsFor], 'activation-table');
  else builder.addTable('activation-table', rows, ['activations.csv'], (joined) => ({ rows: joined }));
}

function addModel(
  metric: ActivationMsoMetric,
  name: string,
  model: MeasuredModel,
  parts: PlanParts,
): { readonly row: ActivationTableRow; readonly overlap: string }[] {
  const { workflow, builder } = parts;
  const { semantics } = workflow;
  const definition = `metrics.${metric.name}`;
  const layers = layerCount(model.origin.facts);
  const inWindow = windowOf(metric, name, layers, semantics);
  const step = <K extends StepKind>(kind: K, what: string, params: StepOf<K>['params']) => ({
    id: `${kind}[${metric.name},${name},${what}]`,
    kind,
    params,
  });
  const states = metric.prompts.map(
    (prompts) => [prompts, addHiddenStates(metric, { name, model }, prompts, parts)] as const,
  );
  const hidden = new Map(states);
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
