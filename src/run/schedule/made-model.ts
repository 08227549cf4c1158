import { encodeCanonical } from '../../formats/canonical.js';
import { type Digest, digestOf } from '../../formats/digest.js';
import type { Json } from '../../formats/json.js';
import type { Outcome, Situation } from '../../plan/resolve.js';
import { inputsOfModel, isMade, type ModelRecipe } from '../../steps/recipes/registry.js';
import type { Step } from '../../steps/step.js';

/**
 * The model that is made when a step runs, and kept by its worker: equal for all steps that run the same. Undefined of a
 * step that runs none, or one that is read from the store as it is.
 */
export function madeModelOf(
  { inputs, kind, params }: Step,
  { fingerprint }: Pick<Outcome, 'fingerprint'>,
  { declarations }: Pick<Situation, 'declarations'>,
): Digest | undefined {
  if (fingerprint === undefined || declarations[kind]?.runsModel === undefined) return undefined;
  const recipe = params.model as ModelRecipe;
  if (!isMade(recipe)) return undefined;
  const names = Object.keys(inputsOfModel(recipe, inputs)).sort();
  return digestOf(
    encodeCanonical({ recipe, inputs: names.map((name) => [name, fingerprint.inputs[name]!.digest]) } as Json),
  );
}
