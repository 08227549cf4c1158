import type { OverlapTableParams, OverlapTableRow } from '../../steps/overlap-table.js';
import type { Input } from '../../steps/step.js';
import type { MsoMetric } from '../../workflow/metrics/mso.js';
import type { Semantics } from '../../workflow/semantics.js';
import type { PlanBuilder } from '../plan-builder.js';
import { type ComparedTensor, comparedTensors } from './compared.js';
import type { OverlapPlan, PlanParts } from './kind.js';
import { overlapParams } from './overlap-params.js';

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly energies: Set<number>;
  readonly metrics: Set<MsoMetric>;
}

export const mso: OverlapPlan<MsoMetric> = {
  of: 'updates',
  rows: () => ({ table: 'overlap.csv', metric: null, models: [null] }),
  expand: expandOverlaps,
};

/** Adds the overlap steps of all metrics of updates, and the table of what they measure. */
function expandOverlaps(metrics: readonly MsoMetric[], parts: PlanParts): void {
  const { workflow, builder } = parts;
  const rows: OverlapTableRow[] = [];
  const inputs: Record<string, Input> = {};
  const waitsFor = new Set<string>();
  for (const pair of pairsOf(metrics)) {
    const [first] = pair.metrics;
    const compared = comparedTensors([pair.a, pair.b], first!.range, parts);
    if ('waitsFor' in compared) {
      builder.defer(compared.waitsFor, ...definitionsOf(pair));
      for (const model of compared.waitsFor) waitsFor.add(model);
      continue;
    }
    for (const [index, tensor] of compared.entries()) {
      const node = addOverlap(pair, tensor, workflow.semantics, builder);
      inputs[`${rows.length}/${index}`] = { node, output: 'overlap' };
    }
    rows.push({
      pair: [pair.a, pair.b],
      energies: [...pair.energies].sort((x, y) => x - y),
      tensors: compared.map(({ tensor }) => tensor.name),
    });
  }
  if (waitsFor.size > 0) builder.defer([...waitsFor], 'overlap-table');
  if (waitsFor.size > 0 || rows.length === 0) return;
  const params: OverlapTableParams = { rows };
  const node = builder.add(
    { id: 'overlap-table', kind: 'overlap-table', params, inputs, group: 'Tables' },
    'report.tables',
  );
  builder.results.push({ file: 'overlap.csv', node, output: 'overlap.csv' });
}

/** A pair that several metrics name is measured once, for the energies of all of them. */
function pairsOf(metrics: readonly MsoMetric[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const metric of metrics) {
    for (const [a, b] of metric.pairs) {
      const key = JSON.stringify([a, b]);
      const pair = pairs.get(key) ?? { a, b, energies: new Set(), metrics: new Set() };
      for (const energy of metric.energies) pair.energies.add(energy);
      pair.metrics.add(metric);
      pairs.set(key, pair);
    }
  }
  return [...pairs.values()];
}

function addOverlap(
  pair: Pair,
  { tensor, vectors }: ComparedTensor,
  semantics: Semantics,
  builder: PlanBuilder,
): string {
  const params = overlapParams(semantics);
  const [a, b] = vectors();
  const step = {
    id: `overlap[${pair.a},${pair.b},${tensor.name}]`,
    kind: 'overlap' as const,
    params,
    inputs: {
      'a-u': a.u,
      ...(a.s && { 'a-s': a.s }),
      'b-u': b.u,
      ...(b.s && { 'b-s': b.s }),
    },
    group: `Overlap of ${pair.a} and ${pair.b}`,
    cost: tensor.rows * tensor.rankMax * tensor.rankMax,
  };
  return builder.add(step, ...definitionsOf(pair));
}

function definitionsOf({ metrics }: Pair): [string, ...string[]] {
  return [...metrics].map(({ name }) => `metrics.${name}`) as [string, ...string[]];
}
