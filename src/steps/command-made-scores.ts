import { type CommandScoresParams, scoringPorts } from './command-scores.js';
import type { ProgramHints } from './program.js';
import { defineStep } from './step.js';

/** `command-made-scores[metric,model]`: what `command-scores` gives, of a model that is made on the device for it. */
export const commandMadeScores = defineStep<CommandScoresParams, ProgramHints>({
  kind: 'command-made-scores',
  revision: 1,
  usesDevice: true,
  ...scoringPorts,
});
