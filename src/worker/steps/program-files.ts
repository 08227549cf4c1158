import type { StepContext } from '../step-context.js';
import type { ProgramStep } from './program-step.js';

/** Makes a declared file that a program has left an output of its step. */
export async function takeFile(context: StepContext, step: ProgramStep, name: string): Promise<void> {
  const file = await step.output(name);
  const writer = await context.writer(`file/${name}`);
  try {
    for await (const part of step.read(file)) {
      context.signal.throwIfAborted();
      await writer.append(part);
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
