import type { Command, Option } from '../command.js';

/** What the shells complete of a command, as it is kept beside the code: reading it loads no command. */
export type CommandDescription = Pick<Command, 'summary' | 'completes'> & {
  readonly options: Readonly<Record<string, OptionDescription>>;
};

export type OptionDescription = Pick<Option, 'description' | 'short' | 'bare' | 'multiple' | 'completes'> & {
  readonly takesValue: boolean;
};

/** Every command by name, in the order of the help. */
export type CommandDescriptions = Readonly<Record<string, CommandDescription>>;

export const descriptionsFile = new URL('../commands.json', import.meta.url);

export function describeCommand({ summary, completes, options }: Command): CommandDescription {
  const described = Object.entries(options)
    .filter(([, { hidden }]) => !hidden)
    .map(([name, { value, ...option }]) => {
      const { description, short, bare, multiple } = option;
      return [
        name,
        { description, short, bare, multiple, completes: option.completes, takesValue: value !== undefined },
      ];
    });
  return { summary, ...(completes && { completes }), options: Object.fromEntries(described) };
}
