import type { CostOf } from '../costed-step.js';
import { describedTensor } from '../described.js';
import { productWork, reading } from '../matrix-work.js';
import { addWork, phase, work } from '../work.js';
import { storing } from './stored.js';

/** Two QR decompositions of [r, q] and an eigenproblem of q on one thread, and one product on the device. */
export const randomisedSvd: CostOf<'randomised-svd'> = (step) => {
  const [rows = 0, r = 0] = step.input('u').tensor?.shape ?? [];
  const { vectors: q } = step.params;
  const onHost = work({
    host: { normals: r * q, eigenCubes: q ** 3, elements: 8 * r * q * q },
    hostMemory: 8 * (4 * r * q + 2 * q * q),
  });
  const onDevice = work({
    phases: [phase({ transferred: 4 * rows * (r + q), waits: 1 })],
    deviceMemory: 4 * (rows * (r + q) + r * q),
  });
  const all = [onHost, productWork(rows, q, r), onDevice, reading(rows * r, step.input('u'))].reduce(addWork);
  return storing(all, { u: describedTensor('F32', [rows, q]), s: describedTensor('F64', [q]) });
};
