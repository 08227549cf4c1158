import type { EnergyParams, EnergyTableParams, EnergyTableRow, RandomBasisParams } from '../steps/params.js';
import type { Input } from '../steps/step.js';
import type { Side, Subspace, Sweep, Workflow } from '../workflow/workflow.js';
import type { UpdateExpansion, UpdateNode, UpdateTensor } from './expand-updates.js';
import type { PlanBuilder } from './plan-builder.js';
import { rankOf } from './rank.js';

/** One curve of a figure: an update projected onto one subspace (of one seed) in one way. */
interface Curve {
  readonly update: string;
  readonly subspace: Subspace;
  readonly seed: number | null;
  readonly mode: Sweep['mode'];
  readonly side: Side;
  readonly fractions: Set<number>;
  /** All that draw it. */
  readonly sweeps: Set<Sweep>;
}

/** Adds the energy steps of all sweeps, and the table of what they measure. */
export class SweepExpansion {
  readonly #workflow: Workflow;
  readonly #updates: UpdateExpansion;
  readonly #builder: PlanBuilder;

  constructor(workflow: Workflow, updates: UpdateExpansion, builder: PlanBuilder) {
    this.#workflow = workflow;
    this.#updates = updates;
    this.#builder = builder;
  }

  expand(): void {
    const rows: EnergyTableRow[] = [];
    const inputs: Record<string, Input> = {};
    const waitsFor = new Set<string>();
    for (const curve of curvesOf(this.#workflow)) {
      const projected = this.#updates.node(curve.update);
      const onto = this.#updates.node(updateOf(curve.subspace));
      if ('waitsFor' in projected || 'waitsFor' in onto) {
        const models = [projected, onto].flatMap((node) => ('waitsFor' in node ? node.waitsFor : []));
        this.#builder.defer(models, ...definitionsOf(curve));
        for (const model of models) waitsFor.add(model);
        continue;
      }
      const [first] = curve.sweeps;
      this.#updates.requireSameTensors(projected, onto, first!.range);
      const { row, nodes } = this.#addCurve(curve, projected, onto);
      for (const [index, node] of nodes.entries()) inputs[`${rows.length}/${index}`] = { node, output: 'energy' };
      rows.push(row);
    }
    if (waitsFor.size > 0) this.#builder.defer([...waitsFor], 'energy-table');
    else if (rows.length > 0) this.#addTable({ rows }, inputs);
  }

  #addTable(params: EnergyTableParams, inputs: Readonly<Record<string, Input>>): void {
    const step = { id: 'energy-table', kind: 'energy-table', params, inputs, group: 'Tables' };
    const node = this.#builder.add(step, 'report');
    for (const file of ['energy.csv', 'energy-by-tensor.csv']) this.#builder.results.push({ file, node, output: file });
  }

  #addCurve(curve: Curve, projected: UpdateNode, onto: UpdateNode): { row: EnergyTableRow; nodes: string[] } {
    const fractions = [...curve.fractions].sort((a, b) => a - b);
    const reference = this.#workflow.semantics === 'reference';
    const nodes: string[] = [];
    const tensors: EnergyTableRow['tensors'][number][] = [];
    for (const tensor of projected.tensors) {
      const ranks = fractions.map((fraction) => (reference && fraction >= 1 ? null : rankOf(fraction, tensor.rankMax)));
      const realisedRanks = [...new Set(ranks.filter((rank) => rank !== null))].sort((a, b) => a - b);
      const basis = this.#addBasis(curve, tensor, onto);
      const params: EnergyParams = {
        mode: curve.mode,
        side: sideOf(curve, tensor),
        ranks: realisedRanks,
        ...(curve.subspace.kind === 'random-k' ? { permute: { seed: curve.seed!, stream: tensor.name } } : {}),
        ...(ranks.includes(null) ? { scalar: true } : {}),
        ...(reference ? { readAs: 'F16', castUpdate: 'F16' } : {}),
      };
      nodes.push(this.#addEnergy(curve, tensor, params, projected, onto, basis));
      tensors.push({ tensor: tensor.name, rankMax: tensor.rankMax, ranks, realisedRanks });
    }
    const { update, subspace, seed, mode, side } = curve;
    return { row: { update, subspace: subspace.name, seed, mode, side, fractions, tensors }, nodes };
  }

  #addEnergy(
    curve: Curve,
    tensor: UpdateTensor,
    params: EnergyParams,
    projected: UpdateNode,
    onto: UpdateNode,
    basis: Input,
  ): string {
    const output = `tensor/${tensor.name}`;
    const inputs: Record<string, Input> = {
      from: { node: projected.from, output },
      to: { node: projected.to, output },
      basis,
    };
    if (curve.subspace.kind !== 'random') inputs.s = { node: basis.node, output: 's' };
    if (params.scalar) {
      inputs['onto-from'] = { node: onto.from, output };
      inputs['onto-to'] = { node: onto.to, output };
    }
    const step = {
      id: `energy[${curve.update},${subspaceText(curve)},${curve.mode},${curve.side},${tensor.name}]`,
      kind: 'energy',
      params,
      inputs,
      group: `Energy of ${curve.update} in ${curve.subspace.name}`,
      cost: tensor.rows * tensor.columns * tensor.rankMax,
    };
    return this.#builder.add(step, ...definitionsOf(curve));
  }

  #addBasis(curve: Curve, tensor: UpdateTensor, onto: UpdateNode): Input {
    const side = sideOf(curve, tensor);
    if (curve.subspace.kind !== 'random') {
      return { node: this.#updates.svd(onto, tensor), output: side === 'right' ? 'v' : 'u' };
    }
    const rows = side === 'right' ? tensor.columns : tensor.rows;
    const params: RandomBasisParams = { rows, columns: tensor.rankMax, seed: curve.seed!, stream: tensor.name };
    const step = {
      id: `random-basis[${subspaceText(curve)},${side},${tensor.name}]`,
      kind: 'random-basis',
      params,
      inputs: {},
      group: `Bases of ${curve.subspace.name}`,
      cost: rows * tensor.rankMax * tensor.rankMax,
    };
    return { node: this.#builder.add(step, `subspaces.${curve.subspace.name}`), output: 'q' };
  }
}

/** Curves that several sweeps share are measured once, at the fractions of all of them. */
function curvesOf(workflow: Workflow): Curve[] {
  const curves = new Map<string, Curve>();
  for (const sweep of workflow.sweeps.values()) {
    if (!sweep.measure.includes('energy')) continue;
    for (const update of sweep.project) {
      for (const subspaceName of sweep.onto) {
        const subspace = workflow.subspaces.get(subspaceName)!;
        for (const seed of subspace.kind === 'top-k' ? [null] : subspace.seeds) {
          const { mode, side } = sweep;
          const key = JSON.stringify([update, subspaceName, seed, mode, side]);
          const curve = curves.get(key) ?? {
            ...{ update, subspace, seed, mode, side },
            fractions: new Set(),
            sweeps: new Set(),
          };
          for (const fraction of sweep.fractions) curve.fractions.add(fraction);
          curve.sweeps.add(sweep);
          curves.set(key, curve);
        }
      }
    }
  }
  return [...curves.values()];
}

function updateOf(subspace: Subspace): string {
  return subspace.kind === 'random' ? subspace.like : subspace.of;
}

/** A vector has one direction only, so that a side would make no difference but to the cache. */
function sideOf(curve: Curve, tensor: UpdateTensor): Side {
  return tensor.vector ? 'left' : curve.side;
}

function subspaceText({ subspace, seed }: Curve): string {
  return seed === null ? subspace.name : `${subspace.name}#${seed}`;
}

function definitionsOf({ sweeps }: Curve): [string, ...string[]] {
  return [...sweeps].map(({ name }) => `sweeps.${name}`) as [string, ...string[]];
}
