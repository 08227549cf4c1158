import type { Ports } from '../ports.js';

/** What planner and worker agree on for a kind of recipe: how a step is told of the model that it runs or writes. */
export interface RecipeContract<Recipe> {
  /** Inputs of a step with such a recipe. An input that several kinds have means the same to all of them. */
  readonly inputs: Ports;
  /** The input, a whole node, that config.json, the tokenizer and all tensors come from that are not made. */
  readonly origin: string;
  /** No checkpoint can say what it is: steps run it, and nothing writes it. */
  readonly unwritable?: true;
  /** Whether a tensor of the origin is made anew. */
  makes(recipe: Recipe, tensor: string): boolean;
  /** Names of the inputs that decide the weights, with those of the steps that may leave one out. */
  decides(recipe: Recipe): RecipeInputs;
}

export interface RecipeInputs {
  readonly nodes: readonly string[];
  readonly artifacts: readonly string[];
}

/** What recipes of all kinds may say. */
export type CommonRecipe = {
  /** Published code: weights are rounded to this type. */
  readonly heldAs?: 'F16';
};
