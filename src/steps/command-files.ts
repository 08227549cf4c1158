import { type GivenInput, type ProgramHints, type ProgramParams, programInputs } from './program.js';
import { defineStep } from './step.js';

export type CommandFilesParams = {
  readonly program: ProgramParams;
  readonly with?: { readonly [name: string]: GivenInput };
  /** The files that are taken of what it leaves. */
  readonly files: readonly string[];
};

/** `command-files[dataset]`: files that a program of the user's makes. */
export const commandFiles = defineStep<CommandFilesParams, ProgramHints>({
  kind: 'command-files',
  revision: 1,
  usesDevice: false,
  inputs: {
    ...programInputs,
  },
  outputs: {
    'file/<path>': 'a declared file',
  },
});
