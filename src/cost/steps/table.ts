import type { StepKind } from '../../steps/contracts.js';
import { atEnd, type CostOf } from '../costed-step.js';
import { work } from '../work.js';
import { storing } from './stored.js';

/** Kinds that put small results together, as text. */
export type TextKind = Extract<
  StepKind,
  `${string}-table` | 'claims' | `${string}figures` | `${string}tables` | 'realignment' | `${string}report`
>;

/** Reads its inputs, and writes at most as much as they have; how much less is not known. */
export const table: CostOf<TextKind> = (step) => {
  const characters = step.inputNames.reduce((sum, name) => sum + step.input(name).bytes, 0);
  return storing(work({ host: { characters }, read: characters, hostMemory: 4 * characters }), {
    table: { bytes: atEnd(step, 0, characters) },
  });
};
