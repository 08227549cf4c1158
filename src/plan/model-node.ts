import type { MadeModel, ModelRecipe } from '../steps/recipes/registry.js';
import type { Input } from '../steps/step.js';
import type { ModelFacts } from './facts.js';
import type { HubSource } from './plan.js';

/** A model as a node of the DAG: its artifacts are `tensor/<name>` and `file/<name>`. */
export interface ModelNode {
  /** Absent for a hub model that is not pinned to a commit yet, and for what is made from one. */
  readonly node?: string;
  /** Absent as long as a hub model that it comes from was not fetched. */
  readonly facts?: ModelFacts;
  /** The repository that it is, as it stands there. */
  readonly hub?: HubSource;
  /** The hub models that must be fetched before the facts are known; empty when they are. */
  readonly waitsFor: readonly string[];
}

/** A model as steps take it that measure what it does. */
export interface MeasuredModel {
  readonly model: ModelRecipe;
  readonly inputs: Readonly<Record<string, Input>>;
  /** The written model that its config.json and tokenizer are of. */
  readonly origin: { readonly name: string; readonly node: string; readonly facts: ModelFacts };
}

/** The same of a model that is made in memory, by a recipe. */
export interface InMemoryModel<Recipe extends MadeModel = MadeModel> extends MeasuredModel {
  readonly model: Recipe;
}
