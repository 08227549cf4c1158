import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import { hasNormsBehindBranches, tensorRole } from '../../formats/tensor-role.js';
import type { ActivationsParams } from '../../steps/activations.js';
import type { SelectDirectionParams } from '../../steps/select-direction.js';
import type { Input } from '../../steps/step.js';
import type { Difference, Selection } from '../../workflow/subspaces/difference.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import type { ModelFacts } from '../facts.js';
import { layerCount } from '../layer-count.js';
import { listedText } from '../listed-text.js';
import { roundHalfEven } from '../rank.js';
import type { ActionOnTensor, BasisParts, SubspacePlan } from './kind.js';

export const difference: SubspacePlan<Difference> = {
  /** The same for all tensors. */
  basis: ({ subspace }, parts) => ({ basis: { node: addBasis(subspace, parts), output: 'q' } }),
  text({ model, prompts: [first, second], layers, positions, select }) {
    const layer =
      layers.length === 0 ? `all layers below ${select!.depth} of the depth` : `layer ${listedText(layers)}`;
    const chosen = select === null ? '' : `, chosen by refusals on ${select.prompts.join(' and ')}`;
    const where = `${layer}, position ${listedText(positions)}${chosen}`;
    return `difference of the mean hidden states of ${model} before ${where} at the prompts of ${first} and of ${second}`;
  },
  permuted: false,
  scalar: null,
  own: {
    tensors(subspace, { made, datasets, updates }) {
      const { facts, waitsFor } = made.get(subspace.model)!;
      const sets = [...subspace.prompts, ...(subspace.select?.prompts ?? [])];
      const unknown = sets.map((name) => datasets.node(name));
      const waiting = [...waitsFor, ...unknown.flatMap((node) => ('waitsFor' in node ? node.waitsFor : []))];
      if (facts === undefined || waiting.length > 0) return { waitsFor: waiting };
      return updates.tensorsOf(facts, `subspaces.${subspace.name}`);
    },
    action({ layers, positions, select }, { name }): ActionOnTensor | null {
      const side = streamSide(name);
      return side && { side, directions: select === null ? layers.length * positions.length : 1 };
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
    vector(subspace, parts) {
      const { model, positions, select } = subspace;
      if (select !== null) {
        return 'its layer is chosen while the workflow runs (select). Name the one that it chooses in another difference: layer and position';
      }
      const { facts } = parts.made.get(model)!;
      const layers = layersOf(subspace, facts!);
      const [layer, position] = [layers[0]!, positions[0]!];
      const count = layers.length * positions.length;
      if (count > 1) return `it has ${count} directions, and one is added: name one layer and one position`;
      return { layer, vector: { node: addVector(subspace, layer, position, parts), output: 'r' }, facts: facts! };
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

function addBasis(subspace: Difference, parts: BasisParts): string {
  const { name, model, positions, select } = subspace;
  const layers = layersOf(subspace, parts.made.get(model)!.facts!);
  const candidates = layers.flatMap((layer) => positions.map((position) => ({ layer, position })));
  const inputs: Record<string, Input> = {};
  for (const [set, dataset] of subspace.prompts.entries()) {
    for (const [index, { layer, position }] of candidates.entries()) {
      const node = addStates(subspace, dataset, position, parts);
      inputs[`${set === 0 ? 'a' : 'b'}/${index}`] = { node, output: `hidden/${layer}` };
    }
  }
  if (select !== null) return addSelection(subspace, select, candidates, inputs, parts);
  const step = {
    id: `difference-basis[${name}]`,
    kind: 'difference-basis' as const,
    params: { directions: candidates.length },
    inputs,
    group: `Bases of ${name}`,
  };
  return parts.builder.add(step, `subspaces.${name}`);
}

function addVector(subspace: Difference, layer: number, position: number, parts: BasisParts): string {
  const { name, prompts } = subspace;
  const [a, b] = prompts.map((dataset) => ({
    node: addStates(subspace, dataset, position, parts),
    output: `hidden/${layer}`,
  })) as [Input, Input];
  const step = { id: `difference-vector[${name}]`, kind: 'difference-vector' as const, params: {}, inputs: { a, b } };
  return parts.builder.add({ ...step, group: `Bases of ${name}` }, `subspaces.${name}`);
}

/** The hidden states of a set of prompts at one position, at all depths. */
function addStates(
  { name, model, prompt, template, maxLength }: Difference,
  dataset: string,
  position: number,
  { made, datasets, builder }: BasisParts,
): string {
  const params: ActivationsParams = {
    model: { kind: 'whole' },
    dataset: `datasets.${dataset}`,
    prompt,
    template,
    maxLength,
    maxTokens: null,
    ...(position === -1 ? {} : { position }),
  };
  const step = {
    id: `activations[${name},${model},${dataset},${position}]`,
    kind: 'activations' as const,
    params,
    inputs: { model: { node: made.get(model)!.node!, output: '*' }, rows: rowsOf(dataset, datasets) },
    group: `Activations of ${model}`,
  };
  return builder.add(step, `subspaces.${name}`);
}

function addSelection(
  { name, model, prompt, template, maxLength }: Difference,
  { prompts: [harmful, harmless], limit, refusals, divergence, induced }: Selection,
  candidates: SelectDirectionParams['candidates'],
  states: Readonly<Record<string, Input>>,
  { made, datasets, builder }: BasisParts,
): string {
  const params: SelectDirectionParams = {
    model: { kind: 'whole' },
    candidates,
    prompt,
    template,
    maxLength,
    limit,
    refusals,
    datasets: [`datasets.${harmful}`, `datasets.${harmless}`],
    largestDivergence: divergence,
    leastInduced: induced,
  };
  const inputs = {
    model: { node: made.get(model)!.node!, output: '*' },
    ...states,
    harmful: rowsOf(harmful, datasets),
    harmless: rowsOf(harmless, datasets),
  };
  const step = { id: `select-direction[${name}]`, kind: 'select-direction' as const, params, inputs };
  const node = builder.add({ ...step, group: `Bases of ${name}` }, `subspaces.${name}`);
  const seed = builder.trainingSeeds.of([{ node }]);
  const file = `directions/${name}${seed === undefined ? '' : `,training_seed=${seed}`}.csv`;
  if (!builder.results.some((result) => result.file === file)) {
    builder.results.push({ file, node, output: 'candidates.csv' });
  }
  return node;
}

/** The rows of a dataset that is known. */
function rowsOf(dataset: string, datasets: DatasetExpansion): Input {
  return { node: (datasets.node(dataset) as { readonly node: string }).node, output: 'rows' };
}

/** Layers by number. A part of the depth is that of the nearest one. With a selection those below its depth. */
function layersOf({ layers, model, select, name, range }: Difference, facts: ModelFacts): number[] {
  const count = layerCount(facts);
  const end = select === null ? count : Math.floor(select.depth * count + 1e-9);
  const numbers =
    layers.length === 0
      ? Array.from({ length: end }, (_, layer) => layer)
      : layers.map((layer) =>
          Number.isInteger(layer) ? layer : Math.min(count - 1, roundHalfEven(layer * count, 1e-9)),
        );
  const twice = numbers.find((layer, index) => numbers.indexOf(layer) !== index);
  const beyond = numbers.find((layer) => layer >= end);
  const below = end === count ? '' : ` before ${select!.depth} of its depth`;
  const [message, hint] =
    end === 0 || numbers.length === 0
      ? [`model ${model} has no layer${below}`, 'Raise `depth` of select.']
      : beyond !== undefined
        ? [`model ${model} has ${end} layers${below}`, `Give layers from 0 to ${end - 1}, or parts of the depth.`]
        : twice !== undefined
          ? [`two of the layers are layer ${twice} of model ${model}`, 'Leave one of them out.']
          : [];
  if (message === undefined) return numbers;
  throw new InvalidWorkflowError([
    { severity: 'error', code: 'no-such-layer', message: `subspace ${name}: ${message}`, range, hint: hint! },
  ]);
}
