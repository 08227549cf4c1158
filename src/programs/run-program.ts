import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { InterruptedError } from '../diagnostics/errors.js';
import { ErrorLines } from './error-lines.js';
import { killMarked } from './marked-processes.js';
import { startEnvironment } from './program-environment.js';
import { markVariable, type ProgramEnd, type ProgramStart } from './protocol.js';
import type { SecretValues } from './secret-values.js';

export interface ProgramRun extends ProgramStart {
  /** The program in messages: its argv as the workflow has it. */
  readonly text: string;
  /** Tells its processes from all others: no two programs that run at a time have the same. */
  readonly mark: string;
  readonly timeoutSeconds: number;
  /** Values that must not be shown. */
  readonly secrets: SecretValues;
  readonly signal?: AbortSignal | undefined;
  /** Told each piece of what it prints to stdout. */
  onOutput(text: string): void;
  /** Asked several times a second: why the program must stop, if it must. */
  overstepped?(): Promise<string | undefined>;
}

const supervisor = fileURLToPath(new URL('./supervisor.js', import.meta.url));
const lookMilliseconds = 250;

/**
 * Runs a program to its end, without a shell. When this resolves or rejects, no process of it is left: its group is
 * killed, and on Linux whatever left the group, too. When this process is killed, its supervisor does the same.
 *
 * @throws ProgramError when it cannot be started, exits with another code than 0, is killed, takes longer than the
 * timeout or oversteps; with the last lines of stderr
 * @throws InterruptedError when the signal is aborted
 */
export async function runProgram(run: ProgramRun): Promise<void> {
  run.signal?.throwIfAborted();
  // What a killed run may have left behind must not work beside this one.
  await killMarked(run.mark);
  const errors = new ErrorLines(run.secrets);
  let stopped: string | undefined;
  const child = execa(process.execPath, [supervisor], {
    env: startEnvironment(process.env),
    extendEnv: false,
    ipc: true,
    serialization: 'json',
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    windowsHide: true,
  });
  const stop = (why: string) => {
    stopped ??= why;
    if (child.connected) child.disconnect?.();
  };
  const interrupt = () => stop('interrupted');
  run.signal?.addEventListener('abort', interrupt, { once: true });
  const timer = setTimeout(() => stop(`took longer than ${run.timeoutSeconds} s`), run.timeoutSeconds * 1000);
  const watch = watchOver(run, stop);
  let end: ProgramEnd | undefined;
  child.on('message', (message) => {
    end = message as ProgramEnd;
  });
  read(child.stdout, (text) => run.onOutput(text));
  read(child.stderr, (text) => errors.add(text));
  const { file, arguments: argv, folder, environment } = run;
  const start: ProgramStart = {
    file,
    arguments: argv,
    folder,
    environment: { ...environment, [markVariable]: run.mark },
  };
  child.send(start as never, () => undefined);
  try {
    await child;
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    run.signal?.removeEventListener('abort', interrupt);
    // The supervisor may itself have been killed.
    await killMarked(run.mark);
  }
  if (run.signal?.aborted) throw new InterruptedError('stopped');
  const problem = stopped ?? problemOf(end);
  if (problem !== undefined) throw errors.error(`${run.text} ${problem}`);
}

/** Looks now and then whether the program oversteps. */
function watchOver({ overstepped }: ProgramRun, stop: (why: string) => void): NodeJS.Timeout {
  let looking = false;
  return setInterval(() => {
    if (looking || overstepped === undefined) return;
    looking = true;
    overstepped()
      .then((why) => why !== undefined && stop(why))
      .finally(() => {
        looking = false;
      });
  }, lookMilliseconds);
}

function problemOf(end: ProgramEnd | undefined): string | undefined {
  if (end === undefined) return 'was lost: the process that watches over it was killed';
  if (end.type === 'not-started') return `cannot be started: ${end.why}`;
  if (end.signal !== null) return `was killed by ${end.signal}`;
  return end.exitCode === 0 ? undefined : `ended with exit code ${end.exitCode}`;
}

function read(stream: Readable, take: (text: string) => void): void {
  stream.setEncoding('utf8').on('data', take);
  stream.on('error', () => undefined);
}
