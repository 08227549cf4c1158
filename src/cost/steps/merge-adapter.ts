import { elementCount } from '../../formats/tensor.js';
import type { CostOf } from '../costed-step.js';
import type { Described } from '../described.js';
import { reading } from '../matrix-work.js';
import { tensorsOf } from '../model-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** W + s · B A in f64 on the host, by windows; what the adapter leaves alone is the base's. */
export const mergeAdapter: CostOf<'merge-adapter'> = (step) => {
  const base = step.inputs('base');
  const outputs: Record<string, Described> = {};
  let all = work({});
  for (const [name, one] of tensorsOf(base)) {
    const factor = step.has(`a/${name}`);
    if (!factor && !step.has(`whole/${name}`)) continue;
    const elements = elementCount(one.tensor!.shape);
    const rank = factor ? (step.input(`a/${name}`).tensor?.shape[0] ?? 0) : 0;
    const product = work({ host: { elements: elements * (2 + rank) }, hostMemory: 2 ** 24 + 12 * rank * 2 ** 14 });
    all = [all, reading(elements, one, one), product].reduce(addWork);
    outputs[`tensor/${name}`] = one;
  }
  return storing(all, outputs, base);
};
