import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { printable } from '../../diagnostics/printable.js';

/** How long a queue's programs may take; tests have less of it. */
export interface QueuePatience {
  readonly submitSeconds: number;
  readonly pollSeconds: number;
  readonly cancelSeconds: number;
}

/** How a program of a queue ended. */
export interface QueueProgramEnd {
  readonly stdout: string;
  /** Why it did not do what it was asked to, for people; undefined when it did. */
  readonly failure: string | undefined;
  /** It does not exist on this machine. */
  readonly isMissing: boolean;
  /** It gave no answer in time. */
  readonly isLate: boolean;
}

export interface QueueProgramOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutSeconds: number;
  readonly input?: string;
  readonly folder?: string;
}

const mostBytes = 4 * 1024 * 1024;
const graceMilliseconds = 2000;

/** Runs a program of a queue without a shell. It waits for no longer than the time-out, whatever the program does. */
export async function runQueueProgram(
  [program, ...args]: readonly string[],
  { environment, timeoutSeconds, input = '', folder }: QueueProgramOptions,
): Promise<QueueProgramEnd> {
  const child = execa(program!, args, {
    env: environment,
    extendEnv: false,
    input,
    timeout: timeoutSeconds * 1000,
    forceKillAfterDelay: graceMilliseconds,
    maxBuffer: mostBytes,
    reject: false,
    stripFinalNewline: true,
    ...(folder !== undefined && { cwd: folder }),
  });
  // What the program started may hold its output open when it has ended itself.
  const waiting = new AbortController();
  const longest = timeoutSeconds * 1000 + 2 * graceMilliseconds;
  const late = pause(longest, undefined, { signal: waiting.signal }).catch(() => undefined);
  const result = await Promise.race([child, late]);
  waiting.abort();
  if (result === undefined) {
    child.stdout?.destroy();
    child.stderr?.destroy();
    const failure = `${program}: its output is still open after ${timeoutSeconds} s`;
    return { stdout: '', failure, isMissing: false, isLate: true };
  }
  const isMissing = result.code === 'ENOENT';
  const isLate = result.timedOut;
  const end = { stdout: result.stdout ?? '', isMissing, isLate };
  if (!result.failed) return { ...end, failure: undefined };
  const said = printable((result.stderr ?? '').trim());
  const why = isMissing
    ? 'there is no such program'
    : isLate
      ? `no answer in ${timeoutSeconds} s`
      : said ||
        (result.exitCode === undefined ? (result.originalMessage ?? 'it did not run') : `exit code ${result.exitCode}`);
  return { ...end, failure: `${program}: ${why}` };
}
