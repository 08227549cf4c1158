import { architectureTensors } from '../../formats/architecture.js';
import { elementCount } from '../../formats/tensor.js';
import type { CostOf } from '../costed-step.js';
import { type Described, describedTensor, smallFile } from '../described.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** A random number a weight. */
export const init: CostOf<'init'> = (step) => {
  const { architecture, dtype } = step.params;
  const outputs: Record<string, Described> = {};
  let normals = 0;
  for (const [name, shape] of architectureTensors(architecture)) {
    outputs[`tensor/${name}`] = describedTensor(dtype, shape);
    if (shape.length > 1) normals += elementCount(shape);
  }
  const config = { attentionBias: false, mlpBias: false, endTokens: [], ...architecture };
  outputs['file/config.json'] = { ...smallFile, ...step.known.outputs?.get('file/config.json'), config };
  const tokenizer = step.has('tokenizer') ? step.inputs('tokenizer') : undefined;
  return storing(work({ host: { normals, elements: 2 * normals }, hostMemory: 2 ** 22 }), outputs, tokenizer);
};
