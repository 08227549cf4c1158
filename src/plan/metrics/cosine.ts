import type { CosineTableParams } from '../../steps/cosine-table.js';
import type { SignAgreementParams } from '../../steps/sign-agreement.js';
import type { Input } from '../../steps/step.js';
import type { CosineMetric } from '../../workflow/metrics/cosine.js';
import { comparedParams, cosineStep, updateEnds } from '../cosine-step.js';
import type { UpdateNode, UpdateTensor, Waiting } from '../expand-updates.js';
import type { PlanParts, TablePlan } from './kind.js';
import { type NamedPair, namedPairs } from './named-pairs.js';

export const cosine: TablePlan<CosineMetric> = { of: 'updates', expand: expandCosines };

/** Adds the steps that compare updates element by element, and their table. */
function expandCosines(metrics: readonly CosineMetric[], parts: PlanParts): void {
  const { workflow, builder } = parts;
  const rows: CosineTableParams['rows'][number][] = [];
  const inputs: Record<string, Input> = {};
  const { pairs, waitsFor } = namedPairs(metrics, builder, (named) => updatesOf(named, parts));
  for (const named of pairs) {
    const { pair, definitions, found } = named;
    const { a, b } = found;
    for (const [index, tensor] of a.tensors.entries()) {
      const step = cosineStep(a, b, tensor, workflow.semantics);
      inputs[`${rows.length}/${index}`] = { node: builder.add(step, ...definitions), output: 'cosine' };
      inputs[`${rows.length}/${index}/signs`] = { node: addSigns(named, found, tensor, parts), output: 'signs' };
    }
    const tensors = a.tensors.map(({ name: tensor, uses }) => {
      const copies = workflow.semantics === 'reference' && uses > 1 ? { copies: uses } : {};
      return { tensor, ...copies };
    });
    rows.push({ pair, tensors });
  }
  if (waitsFor.length > 0) builder.defer(waitsFor, 'cosine-table');
  else if (rows.length > 0) {
    const step = { id: 'cosine-table', kind: 'cosine-table' as const, params: { rows }, inputs, group: 'Tables' };
    builder.results.push({ file: 'cosine.csv', node: builder.add(step, 'report'), output: 'cosine.csv' });
  }
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
