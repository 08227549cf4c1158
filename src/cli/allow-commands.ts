import { createInterface } from 'node:readline/promises';
import { InterruptedError } from '../diagnostics/errors.js';
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
 * @throws UsageError when one may not be run, InterruptedError for Ctrl-C at the question
 */
export function allowedPrograms(invocation: Invocation, workflows: readonly Workflow[]): Promise<ReadonlySet<Digest>> {
  const isAsked = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return allowPrograms(workflows, { all: invocation.switch('allow-commands'), ...(isAsked && { ask }) });
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
