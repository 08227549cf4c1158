import type { CostOf } from '../costed-step.js';
import { forwardPhase, generationPhases, passBytes } from '../decoder-work.js';
import { type Described, describedTensor, lengthened } from '../described.js';
import { runModel } from '../model-work.js';
import { promptLengths, responseTokens, rowsOf } from '../rows.js';
import { addWork, phase, work } from '../work.js';
import { storing } from './stored.js';

/** Responses where they are asked for, then one pass that brings a row of each depth back. */
export const activations: CostOf<'activations'> = (step) => {
  const { model: recipe, dataset, maxLength, maxTokens } = step.params;
  const model = runModel(step, recipe);
  const { config, type } = model;
  const most = { tokens: Math.min(maxLength, config.contextLength), by: 'max-length' };
  const prompts = promptLengths(step, dataset, rowsOf(step, 'rows'), most);
  const response = maxTokens === null ? 0 : responseTokens(step, maxTokens);
  const generated = generationPhases(step.device, config, type, prompts, response, false);
  const whole = lengthened(prompts, response);
  const told = prompts.count * config.hidden * (config.layers + 1);
  const pass = forwardPhase(step.device, config, type, whole, { outputs: 0, told });
  const outputs: Record<string, Described> = {};
  for (let layer = 0; layer <= config.layers; layer++) {
    outputs[`hidden/${layer}`] = describedTensor('F32', [prompts.count, config.hidden]);
  }
  const own = work({
    phases: [...generated.phases, pass, phase({ dispatches: config.layers, waits: config.layers })],
    host: { characters: step.known.characters ?? 4 * prompts.total, elements: 3 * told },
    hostMemory: 8 * whole.total,
    deviceMemory: model.weights + Math.max(generated.deviceMemory, passBytes(step.device, config, whole, 0)),
  });
  return storing(addWork(model.work, own), outputs);
};
