import { enoughTokens } from '../../nn/rows-that-fit.js';
import { atEnd, type CostOf } from '../costed-step.js';
import { forwardPhase, passBytes } from '../decoder-work.js';
import { runModel } from '../model-work.js';
import { jsonLines, promptLengths, rowsOf } from '../rows.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** Choices of a question that have a pass each; more than so many are rare. */
const mostChoices = 10;

/** A pass over each question, or over each of its choices. */
export const choiceLikelihoods: CostOf<'choice-likelihoods'> = (step) => {
  const { model: recipe, dataset, limit, maxLength } = step.params;
  const model = runModel(step, recipe);
  const { config, type } = model;
  const most = { tokens: Math.min(maxLength ?? config.contextLength, config.contextLength), by: 'max-length' };
  const questions = rowsOf(step, 'rows', limit);
  step.unknown(
    `passes a question of ${dataset}`,
    `1 where the choices are of one token, else one a choice, taken to be at most ${mostChoices}`,
  );
  const passes = atEnd(step, questions, mostChoices * questions);
  const lengths = promptLengths(step, dataset, passes, most);
  const outputs = atEnd(step, passes, Math.min(lengths.total, 64 * passes));
  const own = work({
    phases: [forwardPhase(step.device, config, type, lengths, { outputs, told: outputs })],
    host: { characters: 4 * lengths.total },
    deviceMemory: model.weights + passBytes(step.device, config, lengths, Math.min(outputs, enoughTokens)),
  });
  return storing(addWork(model.work, own), { likelihoods: jsonLines(questions) });
};
