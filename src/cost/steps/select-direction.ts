import type { CostOf } from '../costed-step.js';
import { forwardPhase, passBytes } from '../decoder-work.js';
import { describedTensor } from '../described.js';
import { matrixOf, reading } from '../matrix-work.js';
import { runModel } from '../model-work.js';
import { promptLengths, rowsOf } from '../rows.js';
import { addWork, phase, times, work } from '../work.js';
import { storing } from './stored.js';

/** Three passes over the validation prompts a candidate, and one before. */
export const selectDirection: CostOf<'select-direction'> = (step) => {
  const { model: recipe, candidates, datasets, limit, maxLength } = step.params;
  const model = runModel(step, recipe);
  const { config, type } = model;
  const most = { tokens: Math.min(maxLength, config.contextLength), by: 'max-length' };
  const passesOf = (input: 'harmful' | 'harmless', dataset: string) => {
    const lengths = promptLengths(step, dataset, rowsOf(step, input, limit), most);
    const outputs = lengths.count;
    const told = outputs * config.vocabulary;
    return { lengths, pass: forwardPhase(step.device, config, type, lengths, { outputs, told }) };
  };
  const harmful = passesOf('harmful', datasets[0]);
  const harmless = passesOf('harmless', datasets[1]);
  // A changed stream is a kernel after each of its three writers.
  const changed = phase({ dispatches: 3 * config.layers });
  const looks = (harmful.lengths.count + 3 * harmless.lengths.count) * config.vocabulary * 3;
  const all = [
    model.work,
    work({
      phases: [
        harmless.pass,
        times(candidates.length, harmful.pass),
        times(2 * candidates.length, harmless.pass),
        times(3 * candidates.length, changed),
      ],
      host: { elements: looks * candidates.length },
      hostMemory: 12 * harmless.lengths.count * config.vocabulary,
      deviceMemory: model.weights + passBytes(step.device, config, harmless.lengths, harmless.lengths.count),
    }),
    ...step.inputNames
      .filter((name) => /^[ab]\//.test(name))
      .map((name) => {
        const { rows, columns } = matrixOf(step.input(name));
        return reading(2 * rows * columns, step.input(name));
      }),
  ].reduce(addWork);
  return storing(all, {
    q: describedTensor('F32', [config.hidden, 1]),
    'candidates.csv': { bytes: 100 * candidates.length },
  });
};
