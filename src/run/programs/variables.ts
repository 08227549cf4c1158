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
