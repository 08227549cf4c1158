import type { GivenInput } from '../steps/program.js';
import type { CostedStep } from './costed-step.js';
import { tensorsOf } from './model-work.js';
import { addWork, type Work, work } from './work.js';

/** The models that a program is given besides, written as folders for the time that it runs. */
export function givenModels(step: CostedStep<{ readonly with?: { readonly [name: string]: GivenInput } }>): Work {
  let all = work({});
  for (const [name, kind] of Object.entries(step.params.with ?? {})) {
    if (kind !== 'model') continue;
    const sizes = tensorsOf(step.inputs(`with/${name}`)).map(([, { bytes }]) => bytes);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const hostMemory = sizes.reduce((most, size) => Math.max(most, Math.min(size, 2 ** 25)), 0);
    all = addWork(all, work({ read: bytes, scratch: bytes, hostMemory }));
  }
  return all;
}
