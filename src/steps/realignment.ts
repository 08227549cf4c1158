import type { RealignmentRule } from '../formats/realignment.js';
import { defineStep } from './step.js';

export type RealignmentParams = {
  readonly rule: RealignmentRule;
  /** Tensors in the order of the inputs. */
  readonly tensors: readonly string[];
};

/** `realignment[model]`: how far an update agrees with an alignment, tensor by tensor, and which tensors change. */
export const realignment = defineStep<RealignmentParams>({
  kind: 'realignment',
  revision: 1,
  usesDevice: false,
  inputs: {
    '<tensor>/energy': "JSON: EnergyResult of the update along the left singular vectors of the alignment's update",
    '<tensor>/s': '[r]: its singular values',
  },
  outputs: {
    choice: 'JSON: Realignment',
  },
});
