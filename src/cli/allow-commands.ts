import { createInterface } from 'node:readline/promises';
import { InterruptedError, UsageError } from '../diagnostics/errors.js';
import { printable } from '../diagnostics/printable.js';
import type { Digest } from '../formats/digest.js';
import type { ResolvedProgram } from '../run/programs/resolve-programs.js';
import { allowPrograms } from '../run/programs/trust.js';
import type { Workflow } from '../workflow/workflow.js';
import type { Invocation } from './command.js';
import { programLines } from './program-lines.js';

/** Option of every command that may run programs of a workflow. */
export const allowOption = {
  'allow-commands': { description: 'Run the programs that the workflow names, this once, without asking' },
} as const;

/**
 * The programs of the user's that an invocation may run. On a terminal the user is asked about those that are new, once.
 * @param once programs that --allow-commands has allowed to this invocation; it allows no others then
 * @throws UsageError when one may not be run, InterruptedError for Ctrl-C at the question
 */
export function allowedPrograms(
  invocation: Invocation,
  workflows: readonly Workflow[],
  once?: ReadonlySet<Digest>,
): Promise<ReadonlySet<Digest>> {
  const isAsked = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const all = once === undefined && invocation.switch('allow-commands');
  return allowPrograms(workflows, { all, ...(once !== undefined && { once }), ...(isAsked && { ask }) });
}

/** What `run --watch` may run: --allow-commands holds for the programs as they are at first, and not for what becomes of them. */
export class WatchedCommands {
  readonly #invocation: Invocation;
  #once: ReadonlySet<Digest> | undefined;

  /** @throws UsageError for --allow-changed-commands where it would mean nothing */
  constructor(invocation: Invocation) {
    const isWatched = invocation.switch('watch') && invocation.switch('allow-commands');
    if (invocation.switch('allow-changed-commands') && !isWatched) {
      const hint = 'Every other run reads the programs once: --allow-commands alone allows them.';
      throw new UsageError('--allow-changed-commands goes with --watch and --allow-commands', { hint });
    }
    this.#invocation = invocation;
  }

  /** @throws as allowedPrograms */
  async allowed(workflows: readonly Workflow[]): Promise<ReadonlySet<Digest>> {
    const allowed = await allowedPrograms(this.#invocation, workflows, this.#once);
    const isFirst = this.#once === undefined && this.#invocation.switch('allow-commands');
    if (isFirst && !this.#invocation.switch('allow-changed-commands')) this.#once = allowed;
    return allowed;
  }

  /** Ends what --allow-commands allows: a program that was not allowed until now is asked about, also where there was none to allow. */
  watch(): void {
    if (this.#invocation.switch('allow-commands') && !this.#invocation.switch('allow-changed-commands')) {
      this.#once ??= new Set();
    }
  }
}

async function ask(programs: readonly ResolvedProgram[]): Promise<boolean> {
  const lines = [
    'This workflow runs programs with your rights, which you have not allowed yet:',
    ...programs.flatMap((program) => programLines(program)),
    'A program can do whatever you can do. What you allow is kept, until a command or a file of it changes.',
  ];
  process.stderr.write(printable(`${lines.join('\n')}\n`));
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const stop = new AbortController();
  terminal.on('SIGINT', () => stop.abort());
  terminal.on('close', () => stop.abort());
  try {
    const answer = await terminal.question('Run them? [y/N] ', { signal: stop.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (cause) {
    throw new InterruptedError('nothing was run', { cause });
  } finally {
    terminal.close();
  }
}
