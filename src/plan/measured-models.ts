import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { ModelRecipe } from '../steps/model-recipe.js';
import type { Input } from '../steps/step.js';
import type { Workflow } from '../workflow/workflow.js';
import type { ModelExpansion } from './expand-models.js';
import type { Projection, ProjectionExpansion } from './expand-projections.js';
import type { Waiting } from './expand-updates.js';
import type { ModelFacts } from './facts.js';

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
    if (model.kind === 'projected') return this.#made(this.#projections.named(model));
    const { node, facts, waitsFor } = this.#models.node(name);
    if (node === undefined || facts === undefined) return { waitsFor };
    return { model: { kind: 'whole' }, inputs: { model: { node, output: '*' } }, origin: { name, node, facts } };
  }

  /** The model that a point of a sweep makes. */
  point(projection: Projection, fraction: number, range: SourceRange): MeasuredModel | Waiting {
    return this.#made(this.#projections.model(projection, fraction, range));
  }

  #made(projected: ReturnType<ProjectionExpansion['model']>): MeasuredModel | Waiting {
    if ('waitsFor' in projected) return projected;
    const { model, inputs, from } = projected;
    return { model, inputs, origin: { ...from, facts: this.#models.node(from.name).facts! } };
  }
}
