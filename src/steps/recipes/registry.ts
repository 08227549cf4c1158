import type { Ports } from '../ports.js';
import type { Input } from '../step.js';
import { type AblatedModel, ablated } from './ablated.js';
import { type CombinedModel, combined } from './combined.js';
import type { RecipeContract } from './kind.js';
import { type ProjectedModel, projected } from './projected.js';
import { type RealignedModel, realigned } from './realigned.js';
import { type ShiftedModel, shifted } from './shifted.js';
import { type WholeModel, whole } from './whole.js';

/** A model that is made tensor by tensor when a step runs or writes it, and is kept nowhere. */
export type MadeModel = ProjectedModel | CombinedModel | AblatedModel | RealignedModel;

/** The model that a step runs. */
export type ModelRecipe = WholeModel | ShiftedModel | MadeModel;

const recipeContracts: {
  readonly [K in ModelRecipe['kind']]: RecipeContract<Extract<ModelRecipe, { readonly kind: K }>>;
} = { whole, projected, combined, ablated, realigned, shifted };

/** The registry says that a contract takes just such a recipe. */
export function recipeContract({ kind }: ModelRecipe): RecipeContract<ModelRecipe> {
  return recipeContracts[kind] as RecipeContract<ModelRecipe>;
}

/** Whether some of the model's tensors are made when a step runs it. */
export function isMade(recipe: ModelRecipe): recipe is MadeModel {
  return recipe.kind !== 'whole' && recipe.kind !== 'shifted';
}

/** Whether the recipe makes this tensor of its origin. */
export function makesTensor(recipe: ModelRecipe, tensor: string): recipe is MadeModel {
  return recipeContract(recipe).makes(recipe, tensor);
}

/** Those of a step's inputs that its model is made of. */
export function inputsOfModel(
  recipe: ModelRecipe,
  inputs: Readonly<Record<string, Input>>,
): Readonly<Record<string, Input>> {
  const { origin, decides } = recipeContract(recipe);
  const { nodes, artifacts } = decides(recipe);
  const names = new Set([origin, ...nodes, ...artifacts]);
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => names.has(name)));
}

/** Inputs of every step that runs, or writes, the model of a recipe. */
export const modelInputs: Ports = Object.assign({}, ...Object.values(recipeContracts).map(({ inputs }) => inputs));
