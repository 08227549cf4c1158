import type { TrainingRecipe } from '../nn/train.js';
import { defineStep } from './step.js';

export type TrainParams = TrainingRecipe;

/** How training is done, whatever comes out: no part of the key. */
export type TrainHints = { readonly checkpointEvery: number; readonly activationCheckpointing: boolean };

/** `train[model]`: a model trained from another: every weight, by a recipe. */
export const train = defineStep<TrainParams, TrainHints>({
  kind: 'train',
  revision: 2,
  usesDevice: true,
  inputs: {
    parent: 'whole node: the model',
    tokens: 'whole node: a tokenise step',
  },
  outputs: {
    'tensor/<name>': 'a weight, in its storage type',
    'file/<name>': 'config.json, and the tokenizer where it has one',
    curve: 'JSON: LossCurve',
  },
});
