import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { ModelRecipe } from '../steps/model-recipe.js';
import type { Input } from '../steps/step.js';
import { updateOf } from '../workflow/subspaces/registry.js';
import type { Workflow } from '../workflow/workflow.js';
import type { ModelExpansion } from './expand-models.js';
import type { Projection, ProjectionEnds, ProjectionExpansion } from './expand-projections.js';
import type { UpdateNode, Waiting } from './expand-updates.js';
import type { ModelFacts } from './facts.js';
import { modelPlan } from './models/registry.js';

/** A model as steps take it that measure what it does. */
export interface MeasuredModel {
  readonly model: ModelRecipe;
  readonly inputs: Readonly<Record<string, Input>>;
  /** The written model that its config.json and tokenizer are of. */
  readonly origin: { readonly name: string; readonly node: string; readonly facts: ModelFacts };
}

/** Finds models to measure; projected ones are not written for it. */
export class MeasuredModels {
  readonly #workflow: Workflow;
  readonly #models: ModelExpansion;
  readonly #projections: ProjectionExpansion;

  constructor(workflow: Workflow, models: ModelExpansion, projections: ProjectionExpansion) {
    this.#workflow = workflow;
    this.#models = models;
    this.#projections = projections;
  }

  /** A model of the workflow. */
  named(name: string): MeasuredModel | Waiting {
    const model = this.#workflow.models.get(name)!;
    const point = modelPlan(model).inMemory?.(model, this.#workflow);
    if (point !== undefined) return this.point(point.projection, point.fraction, model.range);
    const { node, facts, waitsFor } = this.#models.node(name);
    if (node === undefined || facts === undefined) return { waitsFor };
    return { model: { kind: 'whole' }, inputs: { model: { node, output: '*' } }, origin: { name, node, facts } };
  }

  /** An update of the workflow. */
  update(name: string): UpdateNode | Waiting {
    return this.#models.update(name);
  }

  /** Both updates of a projection. */
  ends(projection: Projection, range: SourceRange): ProjectionEnds | Waiting {
    this.update(projection.update);
    this.update(updateOf(projection.subspace));
    return this.#projections.ends(projection, range);
  }

  /** The model that a point of a sweep makes. */
  point(projection: Projection, fraction: number, range: SourceRange): MeasuredModel | Waiting {
    const ends = this.ends(projection, range);
    if ('waitsFor' in ends) return ends;
    const made = this.#projections.model(projection, fraction, range);
    if ('waitsFor' in made) return made;
    const { model, inputs, from } = made;
    return { model, inputs, origin: { ...from, facts: this.#models.node(from.name).facts! } };
  }
}
