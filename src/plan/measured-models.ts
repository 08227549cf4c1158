import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { Extent } from '../formats/projection.js';
import { subspaceUses } from '../workflow/subspaces/registry.js';
import type { Model, Subspace } from '../workflow/workflow.js';
import type { ModelExpansion } from './expand-models.js';
import type { Projection, ProjectionEnds, ProjectionExpansion } from './expand-projections.js';
import type { UpdateNode, Waiting } from './expand-updates.js';
import type { MeasuredModel, ModelNode } from './model-node.js';

/** Finds models to measure; those that can be made in memory are not written for it. */
export class MeasuredModels {
  readonly #models: ModelExpansion;
  readonly #projections: ProjectionExpansion;

  constructor(models: ModelExpansion, projections: ProjectionExpansion) {
    this.#models = models;
    this.#projections = projections;
  }

  /** A model of the workflow. */
  named(name: string): MeasuredModel | Waiting {
    const made = this.#models.inMemory(name);
    if (made !== undefined) return made;
    const { node, facts, waitsFor } = this.#models.node(name);
    if (node === undefined || facts === undefined) return { waitsFor };
    return { model: { kind: 'whole' }, inputs: { model: { node, output: '*' } }, origin: { name, node, facts } };
  }

  /** A model of the workflow as it is written, whether or not it could be made in memory. */
  written(name: string): ModelNode {
    return this.#models.node(name);
  }

  /** A model that the workflow does not name, made in memory as its kind is. */
  variant(model: Model): MeasuredModel | Waiting {
    return this.#models.variant(model)!;
  }

  /** An update of the workflow. */
  update(name: string): UpdateNode | Waiting {
    return this.#models.update(name);
  }

  /** Both updates of a projection. */
  ends(projection: Projection, range: SourceRange): ProjectionEnds | Waiting {
    this.update(projection.update);
    this.planSubspace(projection.subspace);
    return this.#projections.ends(projection, range);
  }

  /** Adds all models that a subspace is made of. */
  planSubspace(subspace: Subspace): void {
    const { update, models = [] } = subspaceUses(subspace);
    if (update !== undefined) this.update(update);
    for (const model of models) this.#models.node(model);
  }

  /** The model that a point of a sweep makes. */
  point(projection: Projection, extent: Extent, range: SourceRange): MeasuredModel | Waiting {
    const ends = this.ends(projection, range);
    return 'waitsFor' in ends ? ends : this.#projections.model(projection, extent, range);
  }

  /** Part of the directions of a projection that a rank uses; its update is planned. */
  share(projection: Projection, rank: number): number {
    return this.#projections.share(projection, rank, this.update(projection.update) as UpdateNode);
  }
}
