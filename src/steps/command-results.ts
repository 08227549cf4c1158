import { type GivenInput, type ProgramHints, type ProgramParams, programInputs } from './program.js';
import { defineStep } from './step.js';

export type CommandResultsParams = {
  readonly program: ProgramParams;
  readonly with?: { readonly [name: string]: GivenInput };
  /** The tables that are taken of what it leaves, which must be sound. */
  readonly tables?: readonly string[];
  /** The files that are taken as they are. */
  readonly files?: readonly string[];
};

/** The output that a file of the program is. */
export function fileOutput(path: string): string {
  return `file/${path}`;
}

/** `command-results[step]`: tables and files of the results that a program of the user's makes. */
export const commandResults = defineStep<CommandResultsParams, ProgramHints>({
  kind: 'command-results',
  revision: 1,
  usesDevice: false,
  inputs: {
    ...programInputs,
  },
  outputs: {
    'file/<path>': 'a declared file',
  },
});
