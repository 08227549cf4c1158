import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { ProjectionMode, Side } from '../formats/projection.js';
import type { ProjectedModel } from '../steps/recipes/projected.js';
import type { Input } from '../steps/step.js';
import { seedsOf, updateOf } from '../workflow/subspaces/registry.js';
import type { Subspace, Workflow } from '../workflow/workflow.js';
import type { UpdateExpansion, UpdateNode, UpdateTensor, Waiting } from './expand-updates.js';
import type { InMemoryModel, ModelNode } from './model-node.js';
import type { PlanBuilder } from './plan-builder.js';
import { rankOf } from './rank.js';
import type { Basis } from './subspaces/kind.js';
import { subspacePlan } from './subspaces/registry.js';

/** One way to project an update onto one subspace (of one seed). */
export interface Projection {
  readonly update: string;
  readonly subspace: Subspace;
  /** null: the subspace has none. */
  readonly seed: number | null;
  readonly mode: ProjectionMode;
  readonly side: Side;
}

/** The update that is projected, and the one that the subspace is made of. */
export interface ProjectionEnds {
  readonly projected: UpdateNode;
  readonly onto: UpdateNode;
}

/** Adds what projections need: the bases of subspaces. */
export class ProjectionExpansion {
  readonly #workflow: Workflow;
  readonly #models: ReadonlyMap<string, ModelNode>;
  readonly #updates: UpdateExpansion;
  readonly #builder: PlanBuilder;

  /** @param models those that are planned already */
  constructor(
    workflow: Workflow,
    models: ReadonlyMap<string, ModelNode>,
    updates: UpdateExpansion,
    builder: PlanBuilder,
  ) {
    this.#workflow = workflow;
    this.#models = models;
    this.#updates = updates;
    this.#builder = builder;
  }

  /** @throws InvalidWorkflowError, pointing at `range`, when the two updates have not the same tensors. */
  ends({ update, subspace }: Projection, range: SourceRange): ProjectionEnds | Waiting {
    const projected = this.#updates.node(update);
    const onto = this.#updates.node(updateOf(subspace));
    if ('waitsFor' in projected || 'waitsFor' in onto) {
      return { waitsFor: [projected, onto].flatMap((node) => ('waitsFor' in node ? node.waitsFor : [])) };
    }
    this.#updates.requireSameTensors(projected, onto, range);
    return { projected, onto };
  }

  /** The basis of a subspace in one tensor, and for one made of singular vectors the singular values. */
  basis(projection: Projection, tensor: UpdateTensor, onto: UpdateNode): Basis {
    const { subspace, seed } = projection;
    const wanted = { subspace, seed, name: subspaceText(projection), tensor, side: sideOf(projection, tensor), onto };
    return subspacePlan(subspace).basis(wanted, { updates: this.#updates, builder: this.#builder });
  }

  /**
   * Ranks of a tensor at some fractions; null: a scalar projection, which the published code makes at fractions ≥ 1 and of
   * tensors with more than two dimensions. A vector's one direction is the same either way.
   */
  ranks(fractions: readonly number[], { rankMax, shape, vector }: UpdateTensor): (number | null)[] {
    const reference = this.#workflow.semantics === 'reference';
    const isScalar = (fraction: number) => reference && !vector && (fraction >= 1 || shape.length > 2);
    return fractions.map((fraction) => (isScalar(fraction) ? null : rankOf(fraction, rankMax, reference)));
  }

  /** What the published code does otherwise, in reference semantics. */
  get published(): Pick<ProjectedModel, 'heldAs' | 'castUpdate' | 'zeroAsUnits'> {
    return this.#workflow.semantics === 'reference' ? { heldAs: 'F16', castUpdate: 'F16', zeroAsUnits: true } : {};
  }

  /** The model θ_A + Δ_proj at a fraction, to be made in memory by whatever measures it. */
  model(projection: Projection, fraction: number, range: SourceRange): InMemoryModel | Waiting {
    const ends = this.ends(projection, range);
    if ('waitsFor' in ends) return ends;
    const { projected, onto } = ends;
    const { mode, side, subspace, seed } = projection;
    const inputs: Record<string, Input> = {
      from: { node: projected.from, output: '*' },
      to: { node: projected.to, output: '*' },
    };
    const ranks: Record<string, number | null> = {};
    for (const tensor of projected.tensors) {
      const [rank] = this.ranks([fraction], tensor);
      ranks[tensor.name] = rank!;
      if (rank === null) continue;
      const { basis, s } = this.basis(projection, tensor, onto);
      inputs[`basis/${tensor.name}`] = basis;
      if (s !== undefined) inputs[`s/${tensor.name}`] = s;
    }
    const scalar = Object.values(ranks).includes(null);
    const kind = subspacePlan(subspace);
    if (scalar && kind.scalar === 'update') {
      inputs['onto-from'] = { node: onto.from, output: '*' };
      inputs['onto-to'] = { node: onto.to, output: '*' };
    }
    const permute = kind.permuted ? { permute: seed! } : {};
    const gaussian = scalar && kind.scalar === 'gaussian' ? { gaussian: seed! } : {};
    const { from } = projected.update;
    return {
      model: { kind: 'projected', mode, side, ranks, ...gaussian, ...permute, ...this.published },
      inputs,
      origin: { name: from, node: projected.from, facts: this.#models.get(from)!.facts! },
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
  }: Pick<Projection, 'mode' | 'side'> & {
    readonly project: readonly string[];
    readonly onto: readonly string[];
  },
  workflow: Workflow,
): Projection[] {
  return project.flatMap((update) =>
    onto.flatMap((name) => {
      const subspace = workflow.subspaces.get(name)!;
      return (seedsOf(subspace) ?? [null]).map((seed) => ({ update, subspace, seed, mode, side }));
    }),
  );
}

/** A projection in the ids of its steps. */
export function projectionText(projection: Projection): string {
  const { update, mode, side } = projection;
  return `${update},${subspaceText(projection)},${mode},${side}`;
}

/** A vector has one direction only, so that a side would make no difference but to the cache. */
export function sideOf({ side }: Projection, tensor: UpdateTensor): Side {
  return tensor.vector ? 'left' : side;
}

function subspaceText({ subspace, seed }: Projection): string {
  return seed === null ? subspace.name : `${subspace.name}#${seed}`;
}
