import { atEnd, type CostOf } from '../costed-step.js';
import { generationPhases } from '../decoder-work.js';
import { alike } from '../described.js';
import { runModel } from '../model-work.js';
import { assumedUpTo, jsonLines, responseTokens, rowsOf } from '../rows.js';
import { addWork, work } from '../work.js';
import { scoreFile } from './scored.js';
import { storing } from './stored.js';

/** A local judge's answers: its prompts hold a rubric, what was asked and the response. */
export const modelJudge: CostOf<'model-judge'> = (step) => {
  const { model: recipe, maxTokens } = step.params;
  const model = runModel(step, recipe);
  const { config, type } = model;
  const rows = rowsOf(step, 'responses');
  const promptTokens = assumedUpTo(step, 'prompt-tokens', config.contextLength, "by the judge's context");
  if (promptTokens === undefined) {
    step.unknown(`tokens of a question to the judge of ${step.id}`, `at most ${config.contextLength}, its context`);
  }
  const length = promptTokens ?? atEnd(step, 1, config.contextLength);
  const prompts = alike(rows, length);
  const answer = responseTokens(step, maxTokens);
  const { phases, deviceMemory } = generationPhases(step.device, config, type, prompts, answer, false);
  const characters = 4 * prompts.total;
  const own = work({ phases, host: { characters }, deviceMemory: model.weights + deviceMemory });
  return storing(addWork(model.work, own), { scores: scoreFile(rows), items: jsonLines(rows) });
};
