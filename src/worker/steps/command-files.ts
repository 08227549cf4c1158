import type { CommandFilesParams } from '../../steps/command-files.js';
import type { ProgramHints } from '../../steps/program.js';
import type { StepContext } from '../step-context.js';
import { takeFile } from './program-files.js';
import { ProgramStep } from './program-step.js';

/** Lets a program of the user's make files. */
export async function makeFiles(context: StepContext<CommandFilesParams, ProgramHints>): Promise<void> {
  await ProgramStep.run(
    context,
    async (step) => step.returns({ kind: 'rows', file: context.params.files[0]! }),
    async (step) => {
      for (const name of context.params.files) await takeFile(context, step, name);
    },
  );
}
