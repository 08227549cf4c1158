import type { CostOf } from '../costed-step.js';
import { generationPhases } from '../decoder-work.js';
import { alike } from '../described.js';
import { runModel } from '../model-work.js';
import { jsonLines, promptLengths, responseTokens, rowsOf } from '../rows.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** The model brought onto the device, and its responses. */
export const generate: CostOf<'generate'> = (step) => {
  const { model: recipe, dataset, limit, maxTokens, sampling } = step.params;
  const model = runModel(step, recipe);
  const { config, type } = model;
  const most = { tokens: config.contextLength, by: "the model's context" };
  const prompts = promptLengths(step, dataset, rowsOf(step, 'rows', limit), most);
  const response = responseTokens(step, maxTokens);
  const { phases, deviceMemory } = generationPhases(step.device, config, type, prompts, response, sampling !== null);
  const drawn = sampling === null ? 0 : 5 * prompts.count * response * config.vocabulary;
  const own = work({
    phases,
    host: { characters: step.known.characters ?? 4 * prompts.total, elements: drawn },
    hostMemory: 8 * prompts.total,
    deviceMemory: model.weights + deviceMemory,
  });
  return storing(addWork(model.work, own), {
    responses: { ...jsonLines(prompts.count), lengths: alike(prompts.count, response) },
  });
};
