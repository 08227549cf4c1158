import type { AngleTableParams } from '../../steps/angle-table.js';
import type { PrincipalAnglesParams } from '../../steps/principal-angles.js';
import type { Input } from '../../steps/step.js';
import type { PrincipalAnglesMetric } from '../../workflow/metrics/principal-angles.js';
import type { TableRow } from '../plan-builder.js';
import { type ComparedTensor, comparedTensors } from './compared.js';
import type { PlanParts, TablePlan } from './kind.js';
import { energiesOf, type NamedPair, namedPairs } from './named-pairs.js';
import { overlapParams } from './overlap-params.js';

export const principalAngles: TablePlan<PrincipalAnglesMetric> = { of: 'updates', expand: expandAngles };

/** Adds the steps of all angles and their table. A step is of one energy: another one in the list repeats none. */
function expandAngles(metrics: readonly PrincipalAnglesMetric[], parts: PlanParts): void {
  const { builder } = parts;
  const rows: TableRow<AngleTableParams['rows'][number]>[] = [];
  const { pairs, waitsFor } = namedPairs(metrics, builder, ({ pair, metrics: [first] }) =>
    comparedTensors(pair, first.range, parts),
  );
  for (const named of pairs) {
    for (const energy of energiesOf(named.metrics)) {
      const inputs: Record<string, Input> = {};
      for (const [index, tensor] of named.found.entries()) {
        const node = addAngles(named, energy, tensor, parts);
        inputs[`/${index}`] = { node, output: 'angles' };
      }
      const tensors = named.found.map(({ tensor }) => tensor.name);
      rows.push({ row: { pair: named.pair, energy, tensors }, inputs });
    }
  }
  if (waitsFor.length > 0) builder.defer(waitsFor, 'angle-table');
  else builder.addTable('angle-table', rows, ['angles.csv'], (joined) => ({ rows: joined }));
}

function addAngles(
  { pair: [nameA, nameB], metrics, definitions }: NamedPair<PrincipalAnglesMetric>,
  energy: number,
  { tensor, vectors }: ComparedTensor,
  { workflow, builder }: PlanParts,
): string {
  const params: PrincipalAnglesParams = { energy, ...overlapParams(workflow.semantics) };
  const [a, b] = vectors();
  const step = {
    id: `principal-angles[${nameA},${nameB},${energy},${tensor.name}]`,
    kind: 'principal-angles' as const,
    params,
    inputs: {
      'a-u': a.u,
      ...(a.s && { 'a-s': a.s }),
      'b-u': b.u,
      ...(b.s && { 'b-s': b.s }),
    },
    group: `Angles between ${nameA} and ${nameB}`,
    cost: (tensor.rows + tensor.rankMax) * tensor.rankMax * tensor.rankMax,
  };
  const asking = definitions.filter((_, index) => metrics[index]!.energies.includes(energy));
  return builder.add(step, ...(asking as [string, ...string[]]));
}
