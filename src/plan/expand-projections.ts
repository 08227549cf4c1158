import type { SourceRange } from '../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../diagnostics/errors.js';
import type { Extent, ProjectionMode, ProjectionSide, Side } from '../formats/projection.js';
import type { ProjectedModel } from '../steps/recipes/projected.js';
import type { Input } from '../steps/step.js';
import { ownSide, seedsOf, subspaceUses } from '../workflow/subspaces/registry.js';
import type { Subspace, Workflow } from '../workflow/workflow.js';
import type { UpdateNode, UpdateTensor, Waiting } from './expand-updates.js';
import type { InMemoryModel } from './model-node.js';
import { rankOf } from './rank.js';
import type { ActionOnTensor, Basis, BasisParts } from './subspaces/kind.js';
import { subspacePlan } from './subspaces/registry.js';
import { mismatch } from './tensor-differences.js';

/** One way to project an update onto one subspace (of one seed). */
export interface Projection {
  readonly update: string;
  readonly subspace: Subspace;
  /** null: the subspace has none. */
  readonly seed: number | null;
  readonly mode: ProjectionMode;
  readonly side: ProjectionSide;
}

/** The update that is projected, and the one that the subspace is made of, where it is made of one. */
export interface ProjectionEnds {
  readonly projected: UpdateNode;
  readonly onto?: UpdateNode;
}

/** Adds what projections need: the bases of subspaces. */
export class ProjectionExpansion {
  readonly #workflow: Workflow;
  readonly #parts: BasisParts;

  constructor(workflow: Workflow, parts: BasisParts) {
    this.#workflow = workflow;
    this.#parts = parts;
  }

  /**
   * @throws InvalidWorkflowError, pointing at `range`, when the two updates have not the same tensors, or the subspace acts on
   * vectors of another length.
   */
  ends({ update, subspace }: Projection, range: SourceRange): ProjectionEnds | Waiting {
    const projected = this.#parts.updates.node(update);
    const made = subspaceUses(subspace).update;
    const onto = made === undefined ? this.ownTensors(subspace) : this.#parts.updates.node(made);
    if ('waitsFor' in projected || 'waitsFor' in onto) {
      return { waitsFor: [projected, onto].flatMap((node) => ('waitsFor' in node ? node.waitsFor : [])) };
    }
    if ('update' in onto) {
      this.#parts.updates.requireTensorsOf(projected, onto, range);
      return { projected, onto };
    }
    this.requireFit(subspace, `update ${update}`, projected.tensors, onto, range);
    if (projected.tensors.some((tensor) => this.action(subspace, tensor) !== null)) return { projected };
    const message = `subspace ${subspace.name} has no directions in any tensor of update ${update}`;
    const hint =
      'It knows the tensors of decoders by their Hugging Face names, such as model.layers.0.self_attn.o_proj.weight.';
    throw new InvalidWorkflowError([{ severity: 'error', code: 'nothing-to-project', message, range, hint }]);
  }

  /** The tensors of the model that a subspace with directions of its own is made of. */
  ownTensors(subspace: Subspace): readonly UpdateTensor[] | Waiting {
    return subspacePlan(subspace).own!.tensors(subspace, this.#parts);
  }

  /** Refuses tensors that a subspace has a basis for, but of vectors of another length than those of its own model. */
  requireFit(
    subspace: Subspace,
    what: string,
    tensors: readonly UpdateTensor[],
    own: readonly UpdateTensor[],
    range: SourceRange,
  ): void {
    const known = new Map(own.map((tensor) => [tensor.name, tensor]));
    const differences = tensors.flatMap((tensor) => {
      const side = this.action(subspace, tensor)?.side;
      if (side === undefined) return [];
      const length = ({ rows, columns }: UpdateTensor) => (side === 'left' ? rows : columns);
      const model = known.get(tensor.name);
      if (model !== undefined && length(model) === length(tensor)) return [];
      return [`${tensor.name}: [${tensor.shape.join(', ')}] and ${model ? `[${model.shape.join(', ')}]` : 'missing'}`];
    });
    if (differences.length === 0) return;
    const hint = `Make the subspace of a model whose tensors are those of ${what}.`;
    throw mismatch(`${what} and the model of subspace ${subspace.name}`, differences, range, hint);
  }

  /** How a subspace with directions of its own acts on a tensor; null: not at all. */
  action(subspace: Subspace, tensor: UpdateTensor): ActionOnTensor | null {
    const action = subspacePlan(subspace).own!.action(subspace, tensor);
    if (action === null) {
      const why = 'the subspace has no directions there: updates stay whole, overlaps leave it out';
      this.#parts.builder.omit({ of: `subspaces.${subspace.name}`, what: tensor.name, why });
    }
    return action;
  }

  /** How a projection acts on a tensor of its update; null: not at all, the update stays whole there. */
  actionOf({ subspace, side }: Projection, tensor: UpdateTensor): ActionOnTensor | null {
    if (subspacePlan(subspace).own !== undefined) return this.action(subspace, tensor);
    return { side: sideOf(side as Side, tensor), directions: tensor.rankMax };
  }

  /** The basis of a subspace in one tensor, and for one made of singular vectors the singular values. */
  basis(
    { subspace, seed }: Pick<Projection, 'subspace' | 'seed'>,
    tensor: UpdateTensor,
    side: Side,
    onto: UpdateNode | undefined,
  ): Basis {
    const wanted = { subspace, seed, name: subspaceText({ subspace, seed }), tensor, side };
    return subspacePlan(subspace).basis({ ...wanted, ...(onto && { onto }) }, this.#parts);
  }

  /**
   * Ranks of a tensor at some extents of the subspace's directions in it; null: a scalar projection, which the published code
   * makes at fractions ≥ 1 and of tensors with more than two dimensions. A vector's one direction is the same either way, and
   * a rank is a number of directions in both semantics.
   */
  ranks(
    { subspace }: Projection,
    extents: readonly Extent[],
    { shape, vector }: UpdateTensor,
    { directions }: ActionOnTensor,
  ): (number | null)[] {
    const reference = this.#workflow.semantics === 'reference';
    const scalar = reference && !vector && subspacePlan(subspace).scalar !== null;
    const isScalar = (fraction: number) => scalar && (fraction >= 1 || shape.length > 2);
    return extents.map(({ fraction, rank }) => {
      if (rank !== undefined) return Math.min(rank, directions);
      return isScalar(fraction) ? null : rankOf(fraction, directions, reference);
    });
  }

  /** What the published code does otherwise, in reference semantics. */
  get published(): Pick<ProjectedModel, 'heldAs' | 'castUpdate' | 'zeroAsUnits'> {
    return this.#workflow.semantics === 'reference' ? { heldAs: 'F16', castUpdate: 'F16', zeroAsUnits: true } : {};
  }

  /** Part of the directions in all tensors of an update that a rank uses: Σ min(k, r) / Σ r. */
  share(projection: Projection, rank: number, { tensors }: UpdateNode): number {
    const directions = tensors.flatMap((tensor) => this.actionOf(projection, tensor)?.directions ?? []);
    const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
    return sum(directions.map((all) => Math.min(rank, all))) / sum(directions);
  }

  /**
   * The model θ_A + Δ_proj at an extent, to be made in memory by whatever measures it.
   * @param chosen the tensors that are projected; absent: all of the update
   */
  model(
    projection: Projection,
    extent: Extent,
    range: SourceRange,
    chosen?: readonly UpdateTensor[],
  ): InMemoryModel<ProjectedModel> | Waiting {
    const ends = this.ends(projection, range);
    if ('waitsFor' in ends) return ends;
    const { projected, onto } = ends;
    const { mode, subspace, seed } = projection;
    const inputs: Record<string, Input> = {
      from: { node: projected.from, output: '*' },
      to: { node: projected.to, output: '*' },
    };
    const ranks: Record<string, number | null | 'whole'> = {};
    const sides: Record<string, Side> = {};
    for (const tensor of chosen ?? projected.tensors) {
      const action = this.actionOf(projection, tensor);
      if (action === null) {
        ranks[tensor.name] = 'whole';
        continue;
      }
      const [rank] = this.ranks(projection, [extent], tensor, action);
      ranks[tensor.name] = rank!;
      sides[tensor.name] = action.side;
      if (rank === null) continue;
      const { basis, s } = this.basis(projection, tensor, action.side, onto);
      inputs[`basis/${tensor.name}`] = basis;
      if (s !== undefined) inputs[`s/${tensor.name}`] = s;
    }
    const scalar = Object.values(ranks).includes(null);
    const kind = subspacePlan(subspace);
    if (scalar && kind.scalar === 'update') {
      inputs['onto-from'] = { node: onto!.from, output: '*' };
      inputs['onto-to'] = { node: onto!.to, output: '*' };
    }
    const side = projection.side === 'mixed' ? sides : projection.side;
    const permute = kind.permuted ? { permute: seed! } : {};
    const gaussian = scalar && kind.scalar === 'gaussian' ? { gaussian: seed! } : {};
    const rows = projected.cut.size > 0 ? { rows: Object.fromEntries(projected.cut) } : {};
    const ontoRows =
      scalar && onto !== undefined && onto.cut.size > 0 ? { ontoRows: Object.fromEntries(onto.cut) } : {};
    const { from } = projected.update;
    return {
      model: { kind: 'projected', mode, side, ranks, ...gaussian, ...permute, ...rows, ...ontoRows, ...this.published },
      inputs,
      origin: { name: from, node: projected.from, facts: this.#parts.made.get(from)!.facts! },
    };
  }
}

/** All ways in which a sweep projects, each subspace with each of its seeds. */
export function projectionsOf(
  {
    project,
    onto,
    mode,
    side,
  }: Pick<Projection, 'mode'> & {
    readonly side: Side;
    readonly project: readonly string[];
    readonly onto: readonly string[];
  },
  workflow: Workflow,
): Projection[] {
  return project.flatMap((update) =>
    onto.flatMap((name) => {
      const subspace = workflow.subspaces.get(name)!;
      const own = ownSide(subspace) ?? side;
      return (seedsOf(subspace) ?? [null]).map((seed) => ({ update, subspace, seed, mode, side: own }));
    }),
  );
}

/** A projection in the ids of its steps. */
export function projectionText(projection: Projection): string {
  const { update, mode, side } = projection;
  return `${update},${subspaceText(projection)},${mode},${side}`;
}

/** A vector has one direction only, so that a side would make no difference but to the cache. */
function sideOf(side: Side, tensor: UpdateTensor): Side {
  return tensor.vector ? 'left' : side;
}

function subspaceText({ subspace, seed }: Pick<Projection, 'subspace' | 'seed'>): string {
  return seed === null ? subspace.name : `${subspace.name}#${seed}`;
}
