import type { CommandResultsParams } from '../../steps/command-results.js';
import type { ProgramHints } from '../../steps/program.js';
import type { StepContext } from '../step-context.js';
import { takeFile } from './program-files.js';
import { ProgramStep } from './program-step.js';
import { checkProgramTable } from './program-table.js';

/** Lets a program of the user's make tables and files of the results. */
export async function makeResultsByProgram(context: StepContext<CommandResultsParams, ProgramHints>): Promise<void> {
  const { tables = [], files = [] } = context.params;
  await ProgramStep.run(
    context,
    async () => undefined,
    async (step) => {
      for (const name of tables) await checkProgramTable(step, name);
      for (const name of [...tables, ...files]) await takeFile(context, step, name);
    },
  );
}
