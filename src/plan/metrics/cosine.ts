import type { CosineTableParams } from '../../steps/cosine-table.js';
import type { SignAgreementParams } from '../../steps/sign-agreement.js';
import type { Input } from '../../steps/step.js';
import type { CosineMetric } from '../../workflow/metrics/cosine.js';
import { comparedParams, cosineStep, updateEnds } from '../cosine-step.js';
import type { UpdateNode, UpdateTensor, Waiting } from '../expand-updates.js';
import type { TableRow } from '../plan-builder.js';
import type { PlanParts, TablePlan } from './kind.js';
import { type NamedPair, namedPairs } from './named-pairs.js';

export const cosine: TablePlan<CosineMetric> = { of: 'updates', expand: expandCosines };

/** Adds the steps that compare updates element by element, and their table. */
function expandCosines(metrics: readonly CosineMetric[], parts: PlanParts): void {
  const { workflow, builder } = parts;
  const rows: TableRow<CosineTableParams['rows'][number]>[] = [];
  const { pairs, waitsFor } = namedPairs(metrics, builder, (named) => updatesOf(named, parts));
  for (const named of pairs) {
    const { pair, definitions, found } = named;
    const { a, b } = found;
    const inputs: Record<string, Input> = {};
    for (const [index, tensor] of a.tensors.entries()) {
      const step = cosineStep(a, b, tensor, workflow.semantics);
      inputs[`/${index}`] = { node: builder.add(step, ...definitions), output: 'cosine' };
      inputs[`/${index}/signs`] = { node: addSigns(named, found, tensor, parts), output: 'signs' };
    }
    const tensors = a.tensors.map(({ name: tensor, uses }) => {
      const copies = workflow.semantics === 'reference' && uses > 1 ? { copies: uses } : {};
      return { tensor, ...copies };
    });
    rows.push({ row: { pair, tensors }, inputs });
  }
  if (waitsFor.length > 0) builder.defer(waitsFor, 'cosine-table');
  else builder.addTable('cosine-table', rows, ['cosine.csv'], (joined) => ({ rows: joined }));
}

interface Updates {
  readonly a: UpdateNode;
  readonly b: UpdateNode;
}

function updatesOf({ pair, metrics: [first] }: NamedPair<CosineMetric>, parts: PlanParts): Updates | Waiting {
  const [a, b] = [parts.models.update(pair[0]), parts.models.update(pair[1])];
  if ('waitsFor' in a || 'waitsFor' in b) {
    return { waitsFor: [a, b].flatMap((node) => ('waitsFor' in node ? node.waitsFor : [])) };
  }
  parts.updates.requireSameTensors(a, b, first.range);
  return { a, b };
}

function addSigns(
  { pair: [nameA, nameB], definitions }: NamedPair<CosineMetric>,
  { a, b }: Updates,
  tensor: UpdateTensor,
  { workflow, builder }: PlanParts,
): string {
  const params: SignAgreementParams = comparedParams(a, b, tensor, workflow.semantics);
  const step = {
    id: `sign-agreement[${nameA},${nameB},${tensor.name}]`,
    kind: 'sign-agreement' as const,
    params,
    inputs: updateEnds(a, b, tensor),
    group: `Signs of ${nameA} and ${nameB}`,
    cost: tensor.rows * tensor.columns,
  };
  return builder.add(step, ...definitions);
}
