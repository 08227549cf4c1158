import type { StepCost } from '../costed-step.js';
import type { Described, DescribedNode } from '../described.js';
import { addWork, type Work, work } from '../work.js';

/** A cost with outputs that the step writes into the store. @param referenced outputs that lie elsewhere already */
export function storing(
  own: Work,
  outputs: Readonly<Record<string, Described>>,
  referenced: DescribedNode = new Map(),
): StepCost {
  const written = Object.values(outputs);
  const stored = written.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    work: addWork(own, work({ stored, objects: written.length })),
    outputs: new Map([...referenced, ...Object.entries(outputs)]),
  };
}
