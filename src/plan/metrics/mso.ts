import type { OverlapTableRow } from '../../steps/overlap-table.js';
import type { Input } from '../../steps/step.js';
import type { MsoMetric } from '../../workflow/metrics/mso.js';
import type { Semantics } from '../../workflow/semantics.js';
import type { PlanBuilder, TableRow } from '../plan-builder.js';
import { type ComparedTensor, comparedTensors } from './compared.js';
import type { OverlapPlan, PlanParts } from './kind.js';
import { energiesOf, type NamedPair, namedPairs } from './named-pairs.js';
import { overlapParams } from './overlap-params.js';

export const mso: OverlapPlan<MsoMetric> = {
  of: 'updates',
  rows: () => ({ table: 'overlap.csv', metric: null, models: [null] }),
  expand: expandOverlaps,
};

/** Adds the overlap steps of all metrics of updates, and the table of what they measure. */
function expandOverlaps(metrics: readonly MsoMetric[], parts: PlanParts): void {
  const { workflow, builder } = parts;
  const rows: TableRow<OverlapTableRow>[] = [];
  const find = ({ pair, metrics: [first] }: NamedPair<MsoMetric>) => comparedTensors(pair, first.range, parts);
  const { pairs, waitsFor } = namedPairs(metrics, builder, find);
  for (const named of pairs) {
    const inputs: Record<string, Input> = {};
    for (const [index, tensor] of named.found.entries()) {
      const node = addOverlap(named, tensor, workflow.semantics, builder);
      inputs[`/${index}`] = { node, output: 'overlap' };
    }
    const tensors = named.found.map(({ tensor }) => tensor.name);
    rows.push({ row: { pair: named.pair, energies: energiesOf(named.metrics), tensors }, inputs });
  }
  if (waitsFor.length > 0) builder.defer(waitsFor, 'overlap-table');
  else builder.addTable('overlap-table', rows, ['overlap.csv'], (joined) => ({ rows: joined }));
}

function addOverlap(
  { pair: [nameA, nameB], definitions }: NamedPair<MsoMetric>,
  { tensor, vectors }: ComparedTensor,
  semantics: Semantics,
  builder: PlanBuilder,
): string {
  const params = overlapParams(semantics);
  const [a, b] = vectors();
  const step = {
    id: `overlap[${nameA},${nameB},${tensor.name}]`,
    kind: 'overlap' as const,
    params,
    inputs: {
      'a-u': a.u,
      ...(a.s && { 'a-s': a.s }),
      'b-u': b.u,
      ...(b.s && { 'b-s': b.s }),
    },
    group: `Overlap of ${nameA} and ${nameB}`,
    cost: tensor.rows * tensor.rankMax * tensor.rankMax,
  };
  return builder.add(step, ...definitions);
}
