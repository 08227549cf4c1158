import type { Completion } from '../command.js';
import type { Candidate, Candidates } from './candidate.js';
import { completers } from './completers.js';
import type { CommandDescription, CommandDescriptions } from './description.js';
import { readWords, type Typed } from './words.js';

const nothing: Candidates = { candidates: [] };

/**
 * What the last of some words may be completed to; the words are those behind `runflow`. Candidates begin with what is
 * typed already.
 */
export async function candidatesFor(commands: CommandDescriptions, words: readonly string[]): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const [first, ...rest] = words.slice(0, -1);
  const names = Object.entries(commands).map(([value, { summary }]) => ({ value, description: summary }));
  if (first === undefined) {
    const others = [{ value: 'help' }, { value: '--help' }, { value: '--version' }];
    return beginning(current, [...names, ...others.filter(({ value }) => current !== '' || !value.startsWith('-'))]);
  }
  if (first === 'help') return rest.length === 0 ? beginning(current, names) : nothing;
  const command = Object.hasOwn(commands, first) ? commands[first] : undefined;
  return command === undefined ? nothing : ofCommand(command, rest, current);
}

async function ofCommand(command: CommandDescription, before: readonly string[], current: string): Promise<Candidates> {
  const typed = readWords(command, before);
  if (typed.pending !== undefined) return completed(typed.pending.completes, current, typed);
  if (!typed.ended && current.startsWith('-')) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(current) ?? [];
    if (name === undefined) return beginning(current, optionsLeft(command, typed));
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
    const { candidates } = await completed(option?.completes, value!, typed);
    return { candidates: candidates.map((one) => ({ ...one, value: `--${name}=${one.value}` })) };
  }
  const { completes = [] } = command;
  return completed(completes[Math.min(typed.positionals.length, completes.length - 1)], current, typed);
}

async function completed(completion: Completion | undefined, word: string, typed: Typed): Promise<Candidates> {
  if (completion === undefined) return nothing;
  if (typeof completion !== 'string') {
    return beginning(
      word,
      completion.map((value) => ({ value })),
    );
  }
  const found = await completers[completion](word, typed);
  return { ...found, ...beginning(word, found.candidates) };
}

/** Options that may still be given. */
function optionsLeft(command: CommandDescription, { options }: Typed): Candidate[] {
  const left = Object.entries(command.options).filter(([name, { multiple }]) => multiple || !options.has(name));
  const shown = left.map(([name, { description }]) => ({ value: `--${name}`, description }));
  return [...shown, { value: '--help', description: 'Show this help' }];
}

function beginning(word: string, candidates: readonly Candidate[]): Candidates {
  return { candidates: candidates.filter(({ value }) => value.startsWith(word)) };
}
