import type { CommandDescription, OptionDescription } from './description.js';

/** What stands on a command line before the word that is completed. */
export interface Typed {
  readonly positionals: readonly string[];
  /** Values of options by name, the last one of each; the empty text of a switch. */
  readonly options: ReadonlyMap<string, string>;
  /** The option whose value is completed. */
  readonly pending?: OptionDescription | undefined;
  /** What follows are arguments, whatever they begin with. */
  readonly ended: boolean;
}

/** Reads the words behind a command's name as the command will, as far as they go. */
export function readWords(command: CommandDescription, words: readonly string[]): Typed {
  const positionals: string[] = [];
  const options = new Map<string, string>();
  let pending: readonly [string, OptionDescription] | undefined;
  let ended = false;
  for (const word of words) {
    if (pending !== undefined) {
      options.set(pending[0], word);
      pending = undefined;
    } else if (ended || !word.startsWith('-') || word === '-') positionals.push(word);
    else if (word === '--') ended = true;
    else {
      const { name, value } = optionOf(command, word);
      const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
      options.set(name, value ?? '');
      if (value === undefined && option?.takesValue && option.bare === undefined) pending = [name, option];
    }
  }
  return { positionals, options, pending: pending?.[1], ended };
}

function optionOf(command: CommandDescription, word: string): { readonly name: string; readonly value?: string } {
  const [, long, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (long !== undefined) return value === undefined ? { name: long } : { name: long, value };
  // Of short ones that stand together only the last may take a value.
  const last = word.at(-1)!;
  return { name: Object.entries(command.options).find(([, { short }]) => short === last)?.[0] ?? last };
}
