import type { CommandModelParams } from '../../steps/command-model.js';
import type { ProgramHints } from '../../steps/program.js';
import type { StepContext } from '../step-context.js';
import { ProgramModel } from './program-model.js';
import { ProgramStep } from './program-step.js';

/** Lets a program of the user's make a model. */
export async function makeModelByProgram(context: StepContext<CommandModelParams, ProgramHints>): Promise<void> {
  const { like: name } = context.params;
  const like = { name, artifacts: context.inputs(`with/${name}`) };
  await ProgramStep.run(
    context,
    async () => undefined,
    async (step) => {
      const model = await ProgramModel.open(context, step, like);
      await model.take();
    },
  );
}
