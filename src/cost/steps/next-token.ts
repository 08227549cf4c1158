import { enoughTokens } from '../../nn/rows-that-fit.js';
import type { NextTokenParams } from '../../steps/next-token.js';
import type { CostedStep, CostOf } from '../costed-step.js';
import { forwardPhase, passBytes } from '../decoder-work.js';
import { describedTensor } from '../described.js';
import { runModel } from '../model-work.js';
import { jsonLines, promptLengths, rowsOf } from '../rows.js';
import { addWork, type Work, work } from '../work.js';
import { storing } from './stored.js';

/** One pass over the prompts, whose logits are kept. */
export const nextToken: CostOf<'next-token'> = (step) => {
  const { own, prompts, vocabulary } = nextTokenWork(step, step.params);
  return storing(own, { logits: describedTensor('F32', [prompts, vocabulary]), prompts: jsonLines(prompts) });
};

/** Logits of the first token behind each prompt. */
export function nextTokenWork(
  step: CostedStep,
  { model: recipe, dataset, limit }: NextTokenParams,
): { readonly own: Work; readonly prompts: number; readonly vocabulary: number } {
  const model = runModel(step, recipe);
  const { config, type } = model;
  const most = { tokens: config.contextLength, by: "the model's context" };
  const lengths = promptLengths(step, dataset, rowsOf(step, 'rows', limit), most);
  const { count } = lengths;
  const { vocabulary } = config;
  const own = work({
    phases: [forwardPhase(step.device, config, type, lengths, { outputs: count, told: count * vocabulary })],
    host: { characters: 4 * lengths.total, elements: 2 * count * vocabulary },
    hostMemory: 8 * Math.min(count, enoughTokens) * vocabulary,
    deviceMemory: model.weights + passBytes(step.device, config, lengths, Math.min(count, enoughTokens)),
  });
  return { own: addWork(model.work, own), prompts: count, vocabulary };
}
