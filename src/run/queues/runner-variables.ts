/** Variables without which few programs start. */
const basicVariables = ['HOME', 'PATH', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ'];

/**
 * Names of the variables that a queue is to hand on: the basic ones and those that runners need, as far as they are set here.
 * @param needed names, never values
 */
export function runnerVariables(needed: readonly string[], environment: NodeJS.ProcessEnv): string[] {
  const names = [...new Set([...basicVariables, ...needed])].filter((name) => environment[name] !== undefined);
  const odd = names.find((name) => !/^[A-Za-z_]\w*$/.test(name));
  if (odd !== undefined) throw new Error(`${JSON.stringify(odd)} is no name of a variable`);
  return names;
}
