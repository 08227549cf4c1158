/** Placeholders of the three commands, by command, with what each is replaced by. */
export const placeholders = {
  submit: {
    name: 'name of the job: `runflow-<run>-<attempt>`',
    index: 'index of a runner, from 0; submit is then run once a runner',
    count: 'number of runners',
    script: 'file that a machine is to run with bash, with the index of the runner as its argument',
    folder: 'folder that every host sees, for output',
    variables: 'names of the variables that runners need, HOME and PATH among them, joined by commas',
    partition: '`cluster.partition`',
    account: '`cluster.account`',
    time: '`cluster.time`, seconds',
    gpus: '`cluster.gpus`',
    cpus: '`cluster.cpus`',
    memory: '`cluster.memory`, MiB',
    exclude: '`cluster.exclude`, joined by commas',
  },
  status: { names: 'names of all jobs, one argument each' },
  cancel: { names: 'names of all jobs, one argument each' },
} as const;

export type CommandName = keyof typeof placeholders;

/** Arguments of a program. A list within the list is left out where one of its placeholders has no value. */
export type ArgumentTemplate = readonly (string | readonly string[])[];

const placeholder = /\{([A-Za-z]+)\}/g;

/** Names of the placeholders in a template, each once. */
export function placeholdersIn(template: ArgumentTemplate): string[] {
  const names = template.flat().flatMap((text) => [...text.matchAll(placeholder)].map(([, name]) => name!));
  return [...new Set(names)];
}

/** What is wrong with one text of a template; undefined when nothing is. */
export function placeholderProblem(command: CommandName, text: string): string | undefined {
  const known = Object.keys(placeholders[command]);
  const names = placeholdersIn([text]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) return `${command} has no placeholder {${unknown}}`;
  if (names.includes('names') && text !== '{names}') return '{names} is many arguments, and stands alone';
  return undefined;
}

/** The list of placeholders that a command may have, for hints. */
export function knownPlaceholders(command: CommandName): string {
  return `It may have ${Object.keys(placeholders[command])
    .map((name) => `{${name}}`)
    .join(', ')}.`;
}

export type PlaceholderValues = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Program and arguments with values in place of placeholders. A list as a value gives one argument each.
 * @returns the names that stand outside of inner lists and have no value, where there are any
 */
export function fill(
  template: ArgumentTemplate,
  values: PlaceholderValues,
): { readonly argv: readonly string[] } | { readonly missing: readonly string[] } {
  const lacks = (part: string | readonly string[]) =>
    placeholdersIn([part]).filter((name) => values[name] === undefined);
  const missing = template.filter((part) => typeof part === 'string').flatMap(lacks);
  if (missing.length > 0) return { missing };
  const kept = template.filter((part) => lacks(part).length === 0).flat();
  return {
    argv: kept.flatMap((text) => {
      const whole = /^\{(\w+)\}$/.exec(text)?.[1];
      const value = whole === undefined ? undefined : values[whole];
      if (Array.isArray(value)) return value as string[];
      return [text.replaceAll(placeholder, (_, name: string) => String(values[name]))];
    }),
  };
}
