import type { NextTokenParams } from './next-token.js';
import { modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type KlParams = NextTokenParams;

/** `kl[metric,model]`: KL(reference ‖ model) of the first token behind each prompt. */
export const kl = defineStep<KlParams>({
  kind: 'kl',
  revision: 1,
  usesDevice: true,
  runsModel: true,
  inputs: {
    ...modelInputs,
    rows: 'JSON lines of the dataset',
    reference: 'whole node: a next-token step on the same rows',
  },
  outputs: {
    scores: 'JSON: Scores, the divergence of a prompt in nats',
  },
});
