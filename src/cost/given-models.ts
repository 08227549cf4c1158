import type { GivenInput } from '../steps/program.js';
import type { CostedStep } from './costed-step.js';
import { tensorsOf } from './model-work.js';
import { addWork, type Work, work } from './work.js';

/**
 * What a step takes that runs a program: `own`, and the models that the program is given besides. They are written as folders,
 * which lie there together as long as it runs.
 */
export function withGivenModels(
  step: CostedStep<{ readonly with?: { readonly [name: string]: GivenInput } }>,
  own: Work,
): Work {
  let all = own;
  for (const [name, kind] of Object.entries(step.params.with ?? {})) {
    if (kind !== 'model') continue;
    const sizes = tensorsOf(step.inputs(`with/${name}`)).map(([, { bytes }]) => bytes);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const hostMemory = sizes.reduce((most, size) => Math.max(most, Math.min(size, 2 ** 25)), 0);
    all = { ...addWork(all, work({ read: bytes, hostMemory })), scratch: all.scratch + bytes };
  }
  return all;
}
