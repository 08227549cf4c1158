import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import { hasNormsBehindBranches, tensorRole } from '../../formats/tensor-role.js';
import type { ActivationsParams } from '../../steps/activations.js';
import type { Input } from '../../steps/step.js';
import type { Difference } from '../../workflow/subspaces/difference.js';
import type { ModelFacts } from '../facts.js';
import { layerCount } from '../layer-count.js';
import { roundHalfEven } from '../rank.js';
import type { ActionOnTensor, BasisParts, SubspacePlan } from './kind.js';

export const difference: SubspacePlan<Difference> = {
  /** The same for all tensors. */
  basis: ({ subspace }, parts) => ({ basis: { node: addBasis(subspace, parts), output: 'q' } }),
  text({ model, prompts: [first, second], layers, positions }) {
    const where = `layer ${layers.join(', ')}, position ${positions.join(', ')}`;
    return `difference of the mean hidden states of ${model} before ${where} at the prompts of ${first} and of ${second}`;
  },
  permuted: false,
  scalar: null,
  own: {
    tensors(subspace, { made, datasets, updates }) {
      const { facts, waitsFor } = made.get(subspace.model)!;
      const unknown = subspace.prompts.map((name) => datasets.node(name));
      const waiting = [...waitsFor, ...unknown.flatMap((node) => ('waitsFor' in node ? node.waitsFor : []))];
      if (facts === undefined || waiting.length > 0) return { waitsFor: waiting };
      return updates.tensorsOf(facts, `subspaces.${subspace.name}`);
    },
    action({ layers, positions }, { name }): ActionOnTensor | null {
      const side = streamSide(name);
      return side && { side, directions: layers.length * positions.length };
    },
    /** What writes to the residual stream: then nothing in it has a part along the directions. */
    ablated(_, tensors) {
      const names = new Set(tensors.map(({ name }) => name));
      if (hasNormsBehindBranches(names)) {
        return 'its norms stand behind attention and MLP, so that what these write to the residual stream is not what their weights write';
      }
      return tensors.filter(({ name }) => {
        const role = tensorRole(name);
        return role !== undefined && ('outputs' in role ? role.outputs === 'hidden' : role.part === 'embedding');
      });
    },
  },
};

/** The side of a tensor on which vectors of the residual stream stand: left where it writes them, right where it reads them. */
function streamSide(tensor: string): ActionOnTensor['side'] | null {
  const role = tensorRole(tensor);
  if (role === undefined) return null;
  if (!('outputs' in role)) return 'right';
  if (role.outputs === 'hidden') return 'left';
  return role.part === 'weight' && role.inputs === 'hidden' ? 'right' : null;
}

function addBasis(subspace: Difference, { made, datasets, builder }: BasisParts): string {
  const { name, model, prompts, prompt, template, positions, maxLength } = subspace;
  const definition = `subspaces.${name}`;
  const { node, facts } = made.get(model)!;
  const layers = layersOf(subspace, facts!);
  const inputs: Record<string, Input> = {};
  for (const [set, dataset] of prompts.entries()) {
    for (const [at, position] of positions.entries()) {
      const params: ActivationsParams = {
        ...{ model: { kind: 'whole' }, dataset: `datasets.${dataset}`, prompt, template, maxLength, maxTokens: null },
        ...(position === -1 ? {} : { position }),
      };
      const rows = datasets.node(dataset) as { readonly node: string };
      const step = {
        id: `activations[${name},${model},${dataset},${position}]`,
        kind: 'activations' as const,
        params,
        inputs: { model: { node: node!, output: '*' }, rows: { node: rows.node, output: 'rows' } },
        group: `Activations of ${model}`,
      };
      const states = builder.add(step, definition);
      for (const [layerAt, layer] of layers.entries()) {
        const direction = layerAt * positions.length + at;
        inputs[`${set === 0 ? 'a' : 'b'}/${direction}`] = { node: states, output: `hidden/${layer}` };
      }
    }
  }
  const params = { directions: layers.length * positions.length };
  const group = `Bases of ${name}`;
  return builder.add({ id: `difference-basis[${name}]`, kind: 'difference-basis', params, inputs, group }, definition);
}

/** Layers by number. A part of the depth is that of the nearest one. */
function layersOf({ layers, model, name, range }: Difference, facts: ModelFacts): number[] {
  const count = layerCount(facts);
  const numbers = layers.map((layer) =>
    Number.isInteger(layer) ? layer : Math.min(count - 1, roundHalfEven(layer * count, 1e-9)),
  );
  const twice = numbers.find((layer, index) => numbers.indexOf(layer) !== index);
  const [message, hint] = numbers.some((layer) => layer >= count)
    ? [`model ${model} has ${count} layers`, `Give layers from 0 to ${count - 1}, or parts of the depth.`]
    : twice !== undefined
      ? [`two of the layers are layer ${twice} of model ${model}`, 'Leave one of them out.']
      : [];
  if (message === undefined) return numbers;
  throw new InvalidWorkflowError([
    { severity: 'error', code: 'no-such-layer', message: `subspace ${name}: ${message}`, range, hint: hint! },
  ]);
}
