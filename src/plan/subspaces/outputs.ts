import { formatBytes } from '../../formats/byte-size.js';
import { type LinearMoment, linearMoments, momentBytes } from '../../formats/linear-moments.js';
import { tensorRole } from '../../formats/tensor-role.js';
import type { InputMomentsParams } from '../../steps/input-moments.js';
import type { OutputBasisParams } from '../../steps/output-basis.js';
import type { Input } from '../../steps/step.js';
import type { Outputs } from '../../workflow/subspaces/outputs.js';
import { tokeniseStep } from '../expand-training.js';
import type { UpdateTensor } from '../expand-updates.js';
import type { ModelFacts } from '../facts.js';
import type { BasisParts, SubspacePlan, WantedBasis } from './kind.js';

export const outputs: SubspacePlan<Outputs> = {
  basis: (wanted, parts) => ({ basis: { node: addBasis(wanted, parts), output: 'q' } }),
  text({ model, prompts, tokens, limit, directions }) {
    const which = directions === 'all' ? 'all' : `the leading ${directions}`;
    const where = tokens === 'all' ? 'all tokens' : `the tokens of the ${tokens}`;
    return `${which} singular directions of the outputs of each linear layer of ${model} at ${where} of the first ${limit} rows of ${prompts}`;
  },
  permuted: false,
  scalar: null,
  own: {
    tensors({ name, model, prompts }, { made, datasets, updates }) {
      const { facts, waitsFor } = made.get(model)!;
      const rows = datasets.node(prompts);
      const waiting = [...waitsFor, ...('waitsFor' in rows ? rows.waitsFor : [])];
      if (facts === undefined || waiting.length > 0) return { waitsFor: waiting };
      return updates.tensorsOf(facts, `subspaces.${name}`);
    },
    action: (subspace, tensor) =>
      hasOutputs(tensor) ? { side: 'left', directions: directionsIn(subspace, tensor) } : null,
    ablated: (_, tensors) => tensors.filter(hasOutputs),
    vector: () =>
      'its directions are those of what each linear layer gives, and none is of the residual stream before a layer',
  },
};

function hasOutputs({ name, shape }: UpdateTensor): boolean {
  return tensorRole(name)?.part === 'weight' && shape.length === 2;
}

/** Outputs lie in no more dimensions than the shorter side of the weight has. */
function directionsIn({ directions }: Outputs, { rankMax }: UpdateTensor): number {
  return directions === 'all' ? rankMax : Math.min(directions, rankMax);
}

function addBasis({ subspace, tensor }: WantedBasis<Outputs>, parts: BasisParts): string {
  const { name, model } = subspace;
  const { node, facts } = parts.made.get(model)!;
  const moments = momentsOf(facts!);
  const source = addMoments(subspace, moments, parts);
  const { of, name: output } = moments.get(tensor.name)!;
  const inputs: Record<string, Input> = { [of]: { node: source, output } };
  if (of === 'inputs') inputs.weight = { node: node!, output: `tensor/${tensor.name}` };
  const params: OutputBasisParams = { directions: directionsIn(subspace, tensor) };
  const step = {
    id: `output-basis[${name},${tensor.name}]`,
    kind: 'output-basis' as const,
    params,
    inputs,
    group: `Bases of ${name}`,
    cost: (of === 'inputs' ? tensor.columns : tensor.rows) ** 3,
  };
  return parts.builder.add(step, `subspaces.${name}`);
}

/** @returns the step that all bases of the subspace take their moments from */
function addMoments(
  { name, model, prompts, template, tokens, limit, maxLength, semantics, range }: Outputs,
  moments: ReadonlyMap<string, LinearMoment>,
  { made, datasets, builder }: BasisParts,
): string {
  const definition = `subspaces.${name}`;
  const { node, facts } = made.get(model)!;
  const rows = (datasets.node(prompts) as { readonly node: string }).node;
  // As published, nothing is put behind a response.
  const options = { template, eos: false, lossOn: 'response', maxLength, overlong: 'truncate' } as const;
  const tokenised = builder.add(
    {
      ...tokeniseStep(
        { id: `tokenise[${name},${model}]`, dataset: prompts, options, semantics },
        { name: model, model: node!, facts: facts!, rows },
        range,
      ),
      group: 'Datasets',
    },
    definition,
  );
  const params: InputMomentsParams = { model: { kind: 'whole' }, tokens, limit };
  const step = {
    id: `input-moments[${name},${model}]`,
    kind: 'input-moments' as const,
    params,
    inputs: { model: { node: node!, output: '*' }, tokens: { node: tokenised, output: '*' } },
    group: `Outputs of ${model}`,
  };
  const id = builder.add(step, definition);
  builder.note({ of: definition, text: `its sums take ${formatBytes(momentBytes(moments))} in the store` });
  return id;
}

const known = new WeakMap<ModelFacts, Map<string, LinearMoment>>();

function momentsOf(facts: ModelFacts): Map<string, LinearMoment> {
  let moments = known.get(facts);
  if (moments === undefined) {
    moments = linearMoments([...facts.tensors].map(([name, { shape }]) => [name, shape]));
    known.set(facts, moments);
  }
  return moments;
}
