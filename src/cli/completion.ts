import { readFileSync } from 'node:fs';
import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { printableLine } from '../diagnostics/printable.js';
import type { Command } from './command.js';
import { bashOutput, bashWords } from './completion/bash.js';
import type { Candidates } from './completion/candidate.js';
import { type CommandDescriptions, descriptionsFile } from './completion/description.js';
import { printForShell } from './output.js';

/** A shell that words are completed in. Its script is a file of completions/. */
interface Shell {
  /** Words of a command line as runflow would read them. Absent: they come so. */
  readonly words?: (raw: readonly string[]) => string[];
  /** What the script reads. `raw`: the words as they came. */
  readonly output: (found: Candidates, raw: readonly string[]) => string;
}

const described = ({ candidates }: Candidates) =>
  candidates.map(({ value, description = '' }) => `${value}\t${description}\n`).join('');

const shells: Readonly<Record<string, Shell>> = {
  bash: { words: bashWords, output: bashOutput },
  zsh: { output: described },
  fish: { output: described },
};

export const command: Command = {
  name: 'completion',
  usage: 'bash|zsh|fish',
  summary: 'Print a script that completes commands, options, files, profiles and targets in a shell',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: [Object.keys(shells), []],
  options: {},
  details: [
    '  bash  eval "$(runflow completion bash)"     in ~/.bashrc',
    '  zsh   eval "$(runflow completion zsh)"      in ~/.zshrc, behind compinit',
    '  fish  runflow completion fish | source      in ~/.config/fish/config.fish',
    '',
    'The scripts ask runflow completion SHELL -- =WORD… for what the last word may be completed to. No device is opened,',
    'nothing is fetched, and nothing of the answer is evaluated.',
  ].join('\n'),
  async run({ positionals: [name, ...marked] }) {
    const shell = Object.hasOwn(shells, name!) ? shells[name!] : undefined;
    if (shell === undefined) {
      const meant = nearest(name!, Object.keys(shells));
      throw new UsageError(`there is no completion for ${name}`, {
        hint: meant === undefined ? `Give ${Object.keys(shells).join(', ')}.` : didYouMean(name!, meant, meant),
      });
    }
    if (marked.length === 0) {
      printForShell(readFileSync(new URL(`../../../completions/runflow.${name}`, import.meta.url)));
      return exitCodes.done;
    }
    if (!marked.every((word) => word.startsWith('='))) {
      throw new UsageError('words to complete stand behind = each', { hint: 'See runflow completion --help.' });
    }
    const raw = marked.map((word) => word.slice(1));
    printForShell(shell.output(await found(shell.words?.(raw) ?? raw), raw));
    return exitCodes.done;
  },
};

/** Candidates that a line can hold. Where a workflow cannot be read or planned there are none: the shell is no place to say why. */
async function found(words: readonly string[]): Promise<Candidates> {
  const commands = JSON.parse(readFileSync(descriptionsFile, 'utf8')) as CommandDescriptions;
  const { candidatesFor } = await import('./completion/candidates.js');
  const all = await candidatesFor(commands, words).catch((): Candidates => ({ candidates: [] }));
  return { ...all, candidates: all.candidates.filter(({ value }) => printableLine(value) === value) };
}
