import { modelAncestors } from '../workflow/models/registry.js';
import type { Model } from '../workflow/workflow.js';
import type { UpdateNode, Waiting } from './expand-updates.js';
import type { MeasuredModel, ModelNode } from './model-node.js';
import type { ModelParts } from './models/kind.js';
import { modelPlan } from './models/registry.js';

/** Adds the steps that make models, on demand: a model that nothing uses is never fetched. */
export class ModelExpansion {
  readonly #parts: ModelParts;
  readonly #made: Map<string, ModelNode>;

  /** @param made empty; what `parts` look models up in */
  constructor(parts: ModelParts, made: Map<string, ModelNode>) {
    this.#parts = parts;
    this.#made = made;
  }

  /** Adds both ends of an update. @returns the update between them */
  update(name: string): UpdateNode | Waiting {
    const { from, to } = this.#parts.workflow.updates.get(name)!;
    this.node(from);
    this.node(to);
    return this.#parts.updates.node(name);
  }

  /** Adds the model and whatever it is made from; by a stack of its own, so that a long ancestry cannot overflow. */
  node(name: string): ModelNode {
    const pending = [name];
    while (pending.length > 0) {
      const model = this.#parts.workflow.models.get(pending.at(-1)!)!;
      const missing = this.#ancestors(model).filter((ancestor) => !this.#made.has(ancestor));
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      pending.pop();
      if (!this.#made.has(model.name)) this.#made.set(model.name, modelPlan(model).add(model, this.#parts));
    }
    return this.#made.get(name)!;
  }

  /** How a model is made in memory, whatever it is made from being added; undefined: it is written. */
  inMemory(name: string): MeasuredModel | Waiting | undefined {
    return this.variant(this.#parts.workflow.models.get(name)!);
  }

  /** The same of a model that the workflow need not name. */
  variant(model: Model): MeasuredModel | Waiting | undefined {
    const plan = modelPlan(model);
    if (plan.inMemory === undefined) return undefined;
    for (const ancestor of this.#ancestors(model)) this.node(ancestor);
    return plan.inMemory(model, this.#parts);
  }

  /** The trained ones of the models that were asked for so far, in the order of the workflow. */
  trained(): [name: string, node: ModelNode][] {
    return [...this.#parts.workflow.models.values()].flatMap((model): [string, ModelNode][] => {
      const node = modelPlan(model).curve ? this.#made.get(model.name) : undefined;
      return node === undefined ? [] : [[model.name, node]];
    });
  }

  #ancestors(model: Model): string[] {
    return modelAncestors(model, this.#parts.workflow.updates, this.#parts.workflow.subspaces);
  }
}
