import { type GivenInput, type ProgramHints, type ProgramParams, programInputs } from './program.js';
import { defineStep } from './step.js';

export type CommandModelParams = {
  readonly program: ProgramParams;
  readonly with: { readonly [name: string]: GivenInput };
  /** The input, a model, whose tensors it must have. */
  readonly like: string;
};

/** `command-model[model]`: a model that a program of the user's makes of others. */
export const commandModel = defineStep<CommandModelParams, ProgramHints>({
  kind: 'command-model',
  revision: 1,
  usesDevice: false,
  inputs: {
    ...programInputs,
  },
  outputs: {
    'tensor/<name>': 'a weight, in the storage type that it has in the model that this is like',
    'file/<name>': "the program's config.json, if it wrote one; what else the model that this is like has",
  },
});
