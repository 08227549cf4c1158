import { type ModelRecipe, makesTensor, recipeContract } from '../../steps/recipes/registry.js';
import { atEnd, type CostedStepOf, type CostOf } from '../costed-step.js';
import { withGivenModels } from '../given-models.js';
import { makeWork, tensorsOf } from '../model-work.js';
import { jsonLines, rowsOf } from '../rows.js';
import { addWork, type Work, work } from '../work.js';
import { scoreFile } from './scored.js';
import { storing } from './stored.js';

type CommandStep = CostedStepOf<'command-scores' | 'command-made-scores'>;

/** Says that nobody knows how long the program of a step takes. */
export function programSeconds(
  step: CommandStep | CostedStepOf<'command-files' | 'command-model' | 'command-results'>,
): void {
  const bound = `at most ${step.hints.timeoutSeconds} by its timeout; they are not counted`;
  step.unknown(`seconds of ${step.params.program.run.join(' ')}`, bound);
}

/** A program of the user's: what it is given is written to a folder; what it does itself is not known. */
export const commandScores: CostOf<'command-scores' | 'command-made-scores'> = (step) => {
  const { model } = step.params;
  programSeconds(step);
  const given = withGivenModels(step, model === undefined ? work({}) : folderWork(step, model));
  const items = step.has('responses') ? rowsOf(step, 'responses') : atEnd(step, 1, Number.POSITIVE_INFINITY);
  const scores = { scores: scoreFile(items) };
  return storing(given, step.has('responses') ? { ...scores, items: jsonLines(items) } : scores);
};

/** A model written as a folder, for the time that the program runs. */
function folderWork(step: CommandStep, model: ModelRecipe): Work {
  let all = work({});
  let bytes = 0;
  let largest = 0;
  for (const [name, one] of tensorsOf(step.inputs(recipeContract(model).origin))) {
    if (makesTensor(model, name)) all = addWork(all, makeWork(step, model, name));
    bytes += one.bytes;
    largest = Math.max(largest, one.bytes);
  }
  return addWork(all, work({ read: bytes, scratch: bytes, hostMemory: Math.min(largest, 2 ** 25) }));
}
