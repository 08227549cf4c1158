import { parseArgs } from 'node:util';
import { UsageError } from '../diagnostics/errors.js';
import type { ExitCode } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';

/** One subcommand; each lives in a file of its own that is imported only when the user asks for it. */
export interface Command {
  readonly name: string;
  /** The positional arguments as the help shows them: `FILE [TARGET…]`. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** How many positional arguments there may be. */
  readonly positionals: { readonly min: number; readonly max: number };
  readonly options: Readonly<Record<string, Option>>;
  /** What a shell completes each positional argument to; the last one is that of all that follow. */
  readonly completes?: readonly Completion[];
  /** Further paragraphs of the help: examples, exit codes. */
  readonly details?: string;
  /** Prints to stdout and resolves to the exit code; throws a RunflowError for what the user can mend. */
  run(invocation: Invocation): Promise<ExitCode | number>;
}

export interface Option {
  readonly description: string;
  readonly short?: string;
  /** Placeholder of the value in the help (`FILE`); without it the option is a switch. */
  readonly value?: string;
  /** The value a bare `--option` stands for: the value is then optional and only `--option=value` gives one. */
  readonly bare?: string;
  /** Left out of the help: tests and programs give it. */
  readonly hidden?: true;
  /** May be given more than once. */
  readonly multiple?: boolean;
  /** What a shell completes the value to. Absent: nothing can be known of it. */
  readonly completes?: Completion;
}

/** What a shell completes a word to: one of a few words, or what a completer of completion/ finds. */
export type Completion = readonly string[] | CompleterName;

export type CompleterName = 'workflow' | 'folder' | 'profile' | 'target' | 'setting' | 'exported' | 'template' | 'run';

/** A parsed command line. */
export interface Invocation {
  readonly positionals: readonly string[];
  readonly switch: (option: string) => boolean;
  readonly value: (option: string) => string | undefined;
  readonly values: (option: string) => readonly string[];
}

/** Understood by every command; main.ts acts on it. */
const helpOption = { help: { description: 'Show this help', short: 'h' } } as const;

/**
 * Parses what follows the command's name. Unknown options, missing values and too many or too few arguments are usage
 * errors: an option that is silently ignored would run another experiment than the one asked for.
 */
export function parseInvocation(command: Command, argv: readonly string[]): Invocation {
  const options: Readonly<Record<string, Option>> = { ...command.options, ...helpOption };
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [
        name,
        {
          type: option.value !== undefined && option.bare === undefined ? ('string' as const) : ('boolean' as const),
          ...(option.short === undefined ? {} : { short: option.short }),
        },
      ]),
    ),
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) throw unknownOption(command, token.rawName, Object.keys(options));
    const earlier = given.get(token.name);
    if (earlier !== undefined && option.value !== undefined && !option.multiple) {
      throw usageError(command, `${token.rawName} is given twice`);
    }
    given.set(token.name, [...(earlier ?? []), valueGiven(command, option, token)]);
  }
  if (!given.has('help')) checkPositionals(command, positionals);
  return {
    positionals,
    switch: (option) => given.has(option),
    value: (option) => given.get(option)?.[0],
    values: (option) => given.get(option) ?? [],
  };
}

function valueGiven(
  command: Command,
  option: Option,
  token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
): string {
  if (option.value === undefined) {
    if (token.value !== undefined) throw usageError(command, `${token.rawName} takes no value`);
    return '';
  }
  if (token.value === undefined && option.bare !== undefined) return option.bare;
  if (token.value === undefined || (!token.inlineValue && token.value.startsWith('-'))) {
    throw usageError(command, `${token.rawName} needs a value: ${token.rawName} ${option.value}`);
  }
  if (token.value.trim() === '') throw usageError(command, `${token.rawName} has an empty value`);
  return token.value;
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const { min, max } = command.positionals;
  if (positionals.length < min) throw usageError(command, `an argument is missing: ${usageLine(command)}`);
  if (positionals.length > max) throw usageError(command, `one argument too many: ${positionals[max]}`);
  // Mostly a variable of the shell that is not set.
  const empty = positionals.findIndex((text) => text.trim() === '');
  if (empty >= 0) throw usageError(command, `argument ${empty + 1} is empty: ${usageLine(command)}`);
}

function unknownOption(command: Command, rawName: string, known: readonly string[]): UsageError {
  const given = rawName.replace(/^-+/, '');
  const begun = given.length > 1 ? known.filter((name) => name.startsWith(given)) : [];
  const meant = begun.length === 1 ? begun[0] : nearest(given, known);
  return new UsageError(`unknown option ${rawName}`, {
    hint: meant === undefined ? `See runflow ${command.name} --help.` : didYouMean(given, meant, `--${meant}`),
  });
}

function usageError(command: Command, message: string): UsageError {
  return new UsageError(message, { hint: `See runflow ${command.name} --help.` });
}

function usageLine(command: Command): string {
  return ['runflow', command.name, command.usage].filter((part) => part !== '').join(' ');
}

/** The text of `runflow COMMAND --help`. */
export function helpOf(command: Command): string {
  const options = Object.entries<Option>({ ...command.options, ...helpOption }).filter(([, { hidden }]) => !hidden);
  const rows = options.map(([name, option]) => {
    const short = option.short === undefined ? '    ' : `-${option.short}, `;
    const value =
      option.value === undefined ? '' : option.bare === undefined ? ` ${option.value}` : `[=${option.value}]`;
    return [`  ${short}--${name}${value}`, option.description] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const lines = [command.summary, '', `Usage: ${usageLine(command)}`, '', 'Options:'];
  for (const [left, right] of rows) lines.push(left.padEnd(width) + right);
  if (command.details !== undefined) lines.push('', command.details);
  return `${lines.join('\n')}\n`;
}
