import { defineStep } from './step.js';

export type PerturbParams = {
  readonly seed: number;
  readonly norm: number;
  readonly decay: number;
  /** Weight of the shared update's singular directions, 0 … 1. */
  readonly share?: number;
};

/** `perturb[model]`: a model made from another by a seeded update of known size and spectrum. */
export const perturb = defineStep<PerturbParams>({
  kind: 'perturb',
  revision: 5,
  usesDevice: false,
  inputs: {
    parent: 'whole node: the model',
    'share-from?': 'whole node: what the shared update starts from',
    'share-to?': 'whole node: what it leads to',
  },
  outputs: {
    'tensor/<name>': 'a weight, in its storage type',
    'file/<name>': 'config.json, and the tokenizer where it has one',
  },
});
