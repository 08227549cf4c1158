import { setTimeout as pause } from 'node:timers/promises';
import { execa, type Result } from 'execa';
import { UsageError } from '../diagnostics/errors.js';
import { printableLine } from '../diagnostics/printable.js';

/** A program that is told of the end of a run, with its arguments. */
export type NotifyCommand = readonly [string, ...string[]];

const timeoutMilliseconds = 30_000;
/** Time that a killed program has to go away, with whatever it started. */
const graceMilliseconds = 2000;

/**
 * Reads `--notify` or RUNFLOW_NOTIFY: the path of a program, or a JSON array of a program and its arguments. Only the user's
 * own command line and environment give it, never a workflow, which may come from a stranger.
 * @throws UsageError when it is neither
 */
export function notifyCommand(option: string | undefined, environment: NodeJS.ProcessEnv): NotifyCommand | undefined {
  const text = (option ?? environment.RUNFLOW_NOTIFY ?? '').trim();
  if (text === '') return undefined;
  if (!text.startsWith('[')) return [text];
  const parsed = parsedArray(text);
  if (parsed !== undefined) return parsed;
  throw new UsageError(`${option === undefined ? 'RUNFLOW_NOTIFY' : '--notify'} is no JSON array of texts: ${text}`, {
    hint: 'Give the path of a program, or ["program", "argument"]. No shell reads it.',
  });
}

function parsedArray(text: string): NotifyCommand | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string') || !value[0]?.trim())
      return undefined;
    return value as unknown as NotifyCommand;
  } catch {
    return undefined;
  }
}

/**
 * Starts the program without a shell, and hands it what happened as JSON on its standard input.
 *
 * @returns what went wrong, in one line; undefined when the program took it
 */
export async function notify(command: NotifyCommand, message: unknown): Promise<string | undefined> {
  const [program, ...args] = command;
  const child = execa(program, args, {
    input: `${JSON.stringify(message)}\n`,
    stdout: 'ignore',
    stderr: 'pipe',
    timeout: timeoutMilliseconds,
    forceKillAfterDelay: graceMilliseconds,
    reject: false,
    maxBuffer: 100_000,
  });
  // What the program started may hold its standard error open when it has ended itself.
  const waiting = new AbortController();
  const longest = timeoutMilliseconds + 2 * graceMilliseconds;
  const late = pause(longest, undefined, { signal: waiting.signal }).catch(() => undefined);
  const result = await Promise.race([child, late]);
  waiting.abort();
  if (result === undefined || result.timedOut) {
    return `${printableLine(program)} took longer than ${timeoutMilliseconds / 1000} s`;
  }
  if (!result.failed) return undefined;
  const said = result.stderr?.trim().split('\n').at(-1);
  const why = result.exitCode === undefined ? notStarted(result) : `exit code ${result.exitCode}`;
  return printableLine(`${program}: ${why}${said ? `: ${said}` : ''}`);
}

/** Why a program did not run to an end of its own, and what to do about it. */
function notStarted({
  code,
  originalMessage,
  shortMessage,
}: Pick<Result, 'code' | 'originalMessage' | 'shortMessage'>): string {
  if (code === 'ENOENT') return 'there is no such program. Give its path, or a JSON array of its path and arguments';
  if (code === 'EACCES') return 'it is not executable. Make it so with chmod +x';
  return originalMessage ?? shortMessage ?? 'it did not run';
}
