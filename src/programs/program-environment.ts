import { EnvironmentError } from '../diagnostics/errors.js';
import { startVariables } from '../formats/program-variables.js';
import { SecretValues } from './secret-values.js';

/** What a program needs to be found and to start. */
export function startEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const names = Object.keys(environment).filter((name) => startVariables.includes(name.toUpperCase()));
  return Object.fromEntries(names.map((name) => [name, environment[name]!]));
}

/**
 * All that a program gets: what it needs to start, one language, a folder for temporary files, and the variables that the
 * workflow names.
 * @throws EnvironmentError for one that is not set
 */
export function programEnvironment(
  named: readonly string[],
  temporary: string,
  environment: NodeJS.ProcessEnv,
): { readonly variables: Record<string, string>; readonly secrets: SecretValues } {
  const values = new Map<string, string>();
  for (const name of named) {
    const value = environment[name];
    if (value === undefined) throw missingVariable(name);
    values.set(name, value);
  }
  const own = { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  const variables = { ...startEnvironment(environment), ...own, ...Object.fromEntries(values) };
  return { variables, secrets: new SecretValues(values) };
}

/** The error for a variable that a workflow names and that is not set. */
export function missingVariable(name: string): EnvironmentError {
  return new EnvironmentError(`a command needs the environment variable ${name}, which is not set`, {
    hint: `Set it, or remove it from the command's env.`,
  });
}
