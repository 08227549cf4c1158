import { executableOf } from '../../programs/executable.js';
import { missingVariable } from '../../programs/program-environment.js';
import { programOf } from '../../steps/program.js';
import type { Prepared } from '../prepare.js';

/**
 * Looks for the variables that programs will need, before hours of training and not after them.
 * @throws EnvironmentError for one that is not set
 */
export function checkVariables(
  { steps, outcomes }: Pick<Prepared, 'steps' | 'outcomes'>,
  environment: NodeJS.ProcessEnv,
): void {
  for (const step of steps) {
    if (outcomes.get(step.id)?.status === 'cached') continue;
    const missing = programOf(step)?.env?.find((name) => environment[name] === undefined);
    if (missing !== undefined) throw missingVariable(missing);
  }
}

/**
 * Looks in the same way for the programs themselves, on the machine that will start them. One with a relative path is a file of the
 * workflow's folder, and was found when it was hashed.
 * @throws EnvironmentError for one that is not there
 */
export function checkExecutables(
  { steps, outcomes }: Pick<Prepared, 'steps' | 'outcomes'>,
  environment: NodeJS.ProcessEnv,
): void {
  for (const step of steps) {
    if (outcomes.get(step.id)?.status === 'cached') continue;
    const program = programOf(step);
    if (program !== undefined && program.module !== true) executableOf(program.run[0]!, '.', environment);
  }
}
