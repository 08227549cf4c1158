import type { EnergyParams } from '../steps/energy.js';
import type { EnergyTableRow } from '../steps/energy-table.js';
import type { Input } from '../steps/step.js';
import { extentsOf, type ProjectedSweep } from '../workflow/sweeps/projected.js';
import { sweepOf } from '../workflow/sweeps/sweep.js';
import type { Workflow } from '../workflow/workflow.js';
import { cosineStep } from './cosine-step.js';
import {
  type Projection,
  type ProjectionEnds,
  type ProjectionExpansion,
  projectionsOf,
  projectionText,
} from './expand-projections.js';
import { cutOntoRows, cutRows, type UpdateTensor } from './expand-updates.js';
import type { MeasuredModels } from './measured-models.js';
import type { PlanBuilder, TableRow } from './plan-builder.js';
import { subspacePlan } from './subspaces/registry.js';

/** One curve of a figure: a projection at several extents. */
interface Curve {
  readonly projection: Projection;
  readonly fractions: Set<number>;
  readonly ranks: Set<number>;
  /** All that draw it. */
  readonly sweeps: Set<ProjectedSweep>;
}

/** The steps of one tensor of a curve. */
interface TensorNodes {
  readonly energy: string;
  /** null: the subspace is made of no update. */
  readonly cosine: string | null;
}

/** Adds the energy steps of all sweeps, and the table of what they measure. */
export class SweepExpansion {
  readonly #workflow: Workflow;
  readonly #models: MeasuredModels;
  readonly #projections: ProjectionExpansion;
  readonly #builder: PlanBuilder;

  constructor(workflow: Workflow, models: MeasuredModels, projections: ProjectionExpansion, builder: PlanBuilder) {
    this.#models = models;
    this.#workflow = workflow;
    this.#projections = projections;
    this.#builder = builder;
  }

  expand(): void {
    const rows: TableRow<EnergyTableRow>[] = [];
    const waitsFor = new Set<string>();
    for (const curve of curvesOf(this.#workflow)) {
      const [first] = curve.sweeps;
      const ends = this.#models.ends(curve.projection, first!.range);
      if ('waitsFor' in ends) {
        this.#builder.defer(ends.waitsFor, ...definitionsOf(curve));
        for (const model of ends.waitsFor) waitsFor.add(model);
        continue;
      }
      const { row, nodes } = this.#addCurve(curve, ends);
      const inputs: Record<string, Input> = {};
      for (const [index, { energy, cosine }] of nodes.entries()) {
        inputs[`/${index}`] = { node: energy, output: 'energy' };
        if (cosine !== null) inputs[`/${index}/cosine`] = { node: cosine, output: 'cosine' };
      }
      rows.push({ row, inputs });
    }
    if (waitsFor.size > 0) this.#builder.defer([...waitsFor], 'energy-table');
    else {
      const files = ['energy.csv', 'energy-by-tensor.csv'];
      this.#builder.addTable('energy-table', rows, files, (joined) => ({ rows: joined }));
    }
  }

  #addCurve(curve: Curve, ends: ProjectionEnds): { row: EnergyTableRow; nodes: TensorNodes[] } {
    const extents = extentsOf({ fractions: [...curve.fractions], ranks: [...curve.ranks] });
    const { projection } = curve;
    const nodes: TensorNodes[] = [];
    const tensors: EnergyTableRow['tensors'][number][] = [];
    for (const tensor of ends.projected.tensors) {
      const action = this.#projections.actionOf(projection, tensor);
      if (action === null) {
        nodes.push({ energy: this.#addWhole(curve, tensor, ends), cosine: this.#addCosine(curve, tensor, ends) });
        const ranks = extents.map(() => null);
        tensors.push({
          tensor: tensor.name,
          rankMax: 0,
          side: null,
          ...this.#copies(tensor),
          ranks,
          realisedRanks: [],
        });
        continue;
      }
      const { side, directions: rankMax } = action;
      const ranks = this.#projections.ranks(projection, extents, tensor, action);
      const realisedRanks = [...new Set(ranks.filter((rank) => rank !== null))].sort((a, b) => a - b);
      const params: EnergyParams = {
        mode: projection.mode,
        side,
        ranks: realisedRanks,
        ...(subspacePlan(projection.subspace).permuted
          ? { permute: { seed: projection.seed!, stream: tensor.name } }
          : {}),
        ...(ranks.includes(null) ? { scalar: scalarTarget(projection, tensor) } : {}),
        ...cutRows(ends.projected, tensor.name),
        ...(ranks.includes(null) && ends.onto !== undefined ? cutOntoRows(ends.onto, tensor.name) : {}),
        ...this.#projections.published,
      };
      nodes.push({
        energy: this.#addEnergy(curve, tensor, params, ends),
        cosine: this.#addCosine(curve, tensor, ends),
      });
      const own = hasOwnSides(projection) ? { side } : {};
      tensors.push({ tensor: tensor.name, rankMax, ...own, ...this.#copies(tensor), ranks, realisedRanks });
    }
    const { update, subspace, seed, mode, side } = projection;
    return { row: { update, subspace: subspace.name, seed, mode, side, extents, tensors }, nodes };
  }

  #addEnergy(curve: Curve, tensor: UpdateTensor, params: EnergyParams, { projected, onto }: ProjectionEnds): string {
    const { projection } = curve;
    const output = `tensor/${tensor.name}`;
    const { basis, s } = this.#projections.basis(projection, tensor, params.side, onto);
    const inputs: Record<string, Input> = {
      from: { node: projected.from, output },
      to: { node: projected.to, output },
      basis,
    };
    if (s !== undefined) inputs.s = s;
    if (params.scalar === 'update') {
      inputs['onto-from'] = { node: onto!.from, output };
      inputs['onto-to'] = { node: onto!.to, output };
    }
    return this.#addStep(curve, tensor, params, inputs);
  }

  /** Adds the energy of a tensor that the subspace has no directions in: its update is kept whole, in every mode. */
  #addWhole(curve: Curve, tensor: UpdateTensor, { projected }: ProjectionEnds): string {
    const output = `tensor/${tensor.name}`;
    const params: EnergyParams = {
      mode: 'parallel',
      side: 'left',
      ranks: [],
      scalar: 'whole',
      ...cutRows(projected, tensor.name),
      ...this.#projections.published,
    };
    const inputs = { from: { node: projected.from, output }, to: { node: projected.to, output } };
    return this.#addStep(curve, tensor, params, inputs);
  }

  #addStep(curve: Curve, tensor: UpdateTensor, params: EnergyParams, inputs: Readonly<Record<string, Input>>): string {
    const { projection } = curve;
    const step = {
      id: `energy[${projectionText(projection)},${tensor.name}]`,
      kind: 'energy' as const,
      params,
      inputs,
      group: `Energy of ${projection.update} in ${projection.subspace.name}`,
      cost: tensor.rows * tensor.columns * tensor.rankMax,
    };
    return this.#builder.add(step, ...definitionsOf(curve));
  }

  /** How often a tensor counts in sums over the model, if not once. */
  #copies({ uses }: UpdateTensor): { readonly copies?: number } {
    return this.#workflow.semantics === 'reference' && uses > 1 ? { copies: uses } : {};
  }

  /** How an update lies to the one that the subspace is made of, or like: the same for all of its curves. */
  #addCosine(curve: Curve, tensor: UpdateTensor, { projected, onto }: ProjectionEnds): string | null {
    if (onto === undefined) return null;
    const step = cosineStep(projected, onto, tensor, this.#workflow.semantics);
    return this.#builder.add(step, ...definitionsOf(curve));
  }
}

function hasOwnSides({ subspace }: Projection): boolean {
  return subspacePlan(subspace).own !== undefined;
}

/** The matrix that a subspace was made of. */
function scalarTarget({ subspace, seed }: Projection, { name }: UpdateTensor): NonNullable<EnergyParams['scalar']> {
  return subspacePlan(subspace).scalar === 'gaussian' ? { seed: seed!, stream: name } : 'update';
}

/** Curves that several sweeps share are measured once, at the extents of all of them. */
function curvesOf(workflow: Workflow): Curve[] {
  const curves = new Map<string, Curve>();
  for (const sweep of [...workflow.sweeps.values()].flatMap((one) => sweepOf('projected', one) ?? [])) {
    if (!sweep.measure.includes('energy')) continue;
    for (const projection of projectionsOf(sweep, workflow)) {
      const key = projectionText(projection);
      const curve = curves.get(key) ?? { projection, fractions: new Set(), ranks: new Set(), sweeps: new Set() };
      for (const fraction of sweep.fractions) curve.fractions.add(fraction);
      for (const rank of sweep.ranks) curve.ranks.add(rank);
      curve.sweeps.add(sweep);
      curves.set(key, curve);
    }
  }
  return [...curves.values()];
}

function definitionsOf({ sweeps }: Curve): [string, ...string[]] {
  return [...sweeps].map(({ name }) => `sweeps.${name}`) as [string, ...string[]];
}
