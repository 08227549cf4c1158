import type { Ports } from './ports.js';
import type { Step } from './step.js';

/** What decides what a program of the user's does, beside its files and what it is given. */
export type ProgramParams = {
  readonly run: readonly string[];
  /** `run` is the path of an ES module, which a Node process imports. */
  readonly module?: true;
  /** Names of the variables that it gets; never their values, which may be secret. */
  readonly env?: readonly string[];
  /** What its version command printed. */
  readonly version?: string;
};

export type ProgramHints = { readonly timeoutSeconds: number; readonly outputBytes: number };

/** Inputs of every step that runs a program. */
export const programInputs: Ports = {
  'program?': "whole node: files of the program, by their names in the workflow's folder",
  'with/<name>': 'what it is given besides: `rows` of a dataset, a file of results, or the whole node of a model',
};

/** The port of a program's files. */
export const programPort = 'program';

/** The program that a step runs; undefined: it runs none. */
export function programOf({ params }: Step): ProgramParams | undefined {
  return params.program as ProgramParams | undefined;
}

/** What `with/<name>` is. */
export type GivenInput = 'model' | 'dataset' | 'table' | 'responses';
