import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { CkaTableParams } from '../../steps/cka-table.js';
import type { CkaMetric } from '../../workflow/metrics/cka.js';
import type { Waiting } from '../expand-updates.js';
import { layerCount } from '../layer-count.js';
import type { MeasuredModel } from '../model-node.js';
import type { TableRow } from '../plan-builder.js';
import { addHiddenStates, windowOf } from './hidden-states.js';
import type { PlanParts, TablePlan } from './kind.js';

export const cka: TablePlan<CkaMetric> = { of: 'models', expand: expandCka };

/** Adds the steps that compare models by what prompts activate, and their table. */
function expandCka(metrics: readonly CkaMetric[], parts: PlanParts): void {
  const { builder } = parts;
  const rows: TableRow<CkaTableParams['rows'][number]>[] = [];
  const waitsFor = new Set<string>();
  for (const metric of metrics) {
    const models = modelsOf(metric, parts);
    if ('waitsFor' in models) {
      builder.defer(models.waitsFor, `metrics.${metric.name}`);
      for (const model of models.waitsFor) waitsFor.add(model);
      continue;
    }
    const hidden = addStates(metric, models, parts);
    for (const pair of metric.pairs) {
      const layers = commonLayers(metric, pair, models);
      const inWindow = windowOf(metric, pair[0], layers, parts.workflow.semantics);
      for (const prompts of metric.prompts) {
        for (let layer = 0; layer <= layers; layer++) {
          const states = (model: string) => ({ node: hidden(model, prompts), output: `hidden/${layer}` });
          const step = {
            id: `cka[${metric.name},${pair.join()},${prompts},${layer}]`,
            kind: 'cka' as const,
            params: {},
            inputs: { a: states(pair[0]), b: states(pair[1]) },
            group: `CKA of ${pair[0]} and ${pair[1]}`,
          };
          const node = builder.add(step, `metrics.${metric.name}`);
          const row = { metric: metric.name, pair, prompts, layer, inWindow: inWindow(layer) };
          rows.push({ row, inputs: { '': { node, output: 'cka' } } });
        }
      }
    }
  }
  if (waitsFor.size > 0) builder.defer([...waitsFor], 'cka-table');
  else builder.addTable('cka-table', rows, ['cka.csv'], (joined) => ({ rows: joined }));
}

function modelsOf({ pairs, prompts }: CkaMetric, parts: PlanParts): ReadonlyMap<string, MeasuredModel> | Waiting {
  const found = new Map<string, MeasuredModel>();
  const waitsFor = prompts.flatMap((name) => {
    const node = parts.datasets.node(name);
    return 'waitsFor' in node ? node.waitsFor : [];
  });
  for (const name of new Set(pairs.flat())) {
    const model = parts.models.named(name);
    if ('waitsFor' in model) waitsFor.push(...model.waitsFor);
    else found.set(name, model);
  }
  return waitsFor.length > 0 ? { waitsFor } : found;
}

/** Adds the hidden states, all of a model one after another: it is made once for them. @returns the step of a model and set */
function addStates(metric: CkaMetric, models: ReadonlyMap<string, MeasuredModel>, parts: PlanParts) {
  const steps = new Map<string, string>();
  for (const [name, model] of models) {
    for (const prompts of metric.prompts) {
      steps.set(JSON.stringify([name, prompts]), addHiddenStates(metric, { name, model }, prompts, parts));
    }
  }
  return (model: string, prompts: string) => steps.get(JSON.stringify([model, prompts]))!;
}

/** The decoder layers of both models. */
function commonLayers(
  { name, range }: CkaMetric,
  [a, b]: readonly [string, string],
  models: ReadonlyMap<string, MeasuredModel>,
): number {
  const [ofA, ofB] = [a, b].map((model) => layerCount(models.get(model)!.origin.facts)) as [number, number];
  if (ofA === ofB) return ofA;
  const message = `metric ${name} compares models layer by layer, and ${a} has ${ofA} layers, ${b} ${ofB}`;
  const hint = 'Pair models of the same depth.';
  throw new InvalidWorkflowError([{ severity: 'error', code: 'layer-mismatch', message, range, hint }]);
}
