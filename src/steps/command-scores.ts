import type { Bounds } from '../eval/mean-interval.js';
import { type GivenInput, type ProgramHints, type ProgramParams, programInputs } from './program.js';
import { type ModelRecipe, modelInputs } from './recipes/registry.js';
import { defineStep } from './step.js';

export type CommandScoresParams = {
  readonly program: ProgramParams;
  /** The model that it is given as a folder. Absent: it is given none. */
  readonly model?: ModelRecipe;
  /** The column of the prompt, where it is given responses. */
  readonly prompt?: string;
  /** Rows, from the first on; null: all. Absent: it is given no rows. */
  readonly rows?: { readonly limit: number | null };
  readonly with?: { readonly [name: string]: GivenInput };
  readonly scores: readonly [own: string, ...further: string[]];
  /** Absent: any number is a score. */
  readonly bounds?: Bounds;
};

const scoringPorts = {
  inputs: {
    ...modelInputs,
    ...programInputs,
    'rows?': 'JSON lines of the dataset',
    'responses?': 'JSON lines of a generate step',
  },
  outputs: {
    scores: 'JSON: Scores, one an item that the program was given, or as many as it wrote',
    'items?': 'JSON lines for people, one an item: with responses',
  },
};

/** `command-scores[metric,model]`: scores that a program of the user's gives to a model that is written, or to its responses. */
export const commandScores = defineStep<CommandScoresParams, ProgramHints>({
  kind: 'command-scores',
  revision: 2,
  usesDevice: false,
  ...scoringPorts,
});

/** `command-made-scores[metric,model]`: what `command-scores` gives, of a model that is made on the device for it. */
export const commandMadeScores = defineStep<CommandScoresParams, ProgramHints>({
  kind: 'command-made-scores',
  revision: 2,
  usesDevice: true,
  ...scoringPorts,
});
