import { elementCount } from '../../formats/tensor.js';
import type { CostOf } from '../costed-step.js';
import { type Described, describedTensor, smallFile } from '../described.js';
import { reading } from '../matrix-work.js';
import { addWork, work } from '../work.js';
import { storing } from './stored.js';

/** The first columns of u and v of every linear layer, and what is left out read once for its energy. */
export const exportAdapter: CostOf<'export-adapter'> = (step) => {
  const { rank, linear, others, rest } = step.params;
  const outputs: Record<string, Described> = { 'file/adapter_config.json': smallFile, summary: smallFile };
  let all = work({});
  for (const name of linear) {
    for (const side of ['u', 'v']) {
      const basis = step.input(`${side}/${name}`);
      const [d = 0, r = 0] = basis.tensor?.shape ?? [];
      outputs[`tensor/${name}/${side}`] = describedTensor('F32', [d, Math.min(rank, r)]);
      all = addWork(all, reading(d * r, basis));
    }
  }
  for (const name of others) {
    const [from, to] = [step.input(`from/${name}`), step.input(`to/${name}`)];
    all = addWork(all, reading(elementCount(from.tensor?.shape ?? []), from, to));
    if (rest === 'modules-to-save') outputs[`tensor/${name}`] = to;
  }
  return storing(all, outputs);
};
