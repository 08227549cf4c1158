import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { InterruptedError } from '../diagnostics/errors.js';
import { ErrorLines } from './error-lines.js';
import { killMarked } from './marked-processes.js';
import { startEnvironment } from './program-environment.js';
import { markVariable, type ProgramEnd, type ProgramReport, type ProgramStart } from './protocol.js';
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
/** Time in which a supervisor that is told to stop ends its program; one that a program has stopped is killed then. */
const stopMilliseconds = 5_000;
/** Time to read what is left in the streams of a program that has ended. */
const drainMilliseconds = 2_000;

/**
 * Runs a program to its end, without a shell. When this resolves or rejects, no process of it is left: its group is
 * killed, and on Linux whatever left the group, too. When this process is killed, its supervisor does the same.
 *
 * @throws ProgramError when it cannot be started, exits with another code than 0, is killed, takes longer than the
 * timeout or oversteps; with the last lines of stderr
 * @throws InterruptedError when the signal is aborted
 */
export async function runProgram(run: ProgramRun): Promise<void> {
  // What a killed run may have left behind must not work beside this one.
  await killMarked(run.mark);
  if (run.signal?.aborted) throw new InterruptedError('stopped');
  const errors = new ErrorLines(run.secrets);
  let stopped: string | undefined;
  const child = startSupervisor();
  let lastResort: NodeJS.Timeout | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    if (child.connected) child.disconnect?.();
    lastResort ??= setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
  };
  const interrupt = () => stop('interrupted');
  run.signal?.addEventListener('abort', interrupt, { once: true });
  const timer = setTimeout(() => stop(`took longer than ${run.timeoutSeconds} s`), run.timeoutSeconds * 1000);
  const watch = watchOver(run, stop);
  let leader: number | undefined;
  let end: ProgramEnd | undefined;
  child.on('message', (message) => {
    const report = message as ProgramReport;
    if (report.type === 'started') leader = report.leader;
    else end = report;
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
    await endOf(child);
  } finally {
    clearTimeout(timer);
    clearTimeout(lastResort);
    clearInterval(watch);
    run.signal?.removeEventListener('abort', interrupt);
    // The supervisor may itself have been killed; one that says the end has ended all, and the leader's number is free.
    await killMarked(run.mark, end === undefined ? leader : undefined);
  }
  if (run.signal?.aborted) throw new InterruptedError('stopped');
  const problem = stopped ?? problemOf(end);
  if (problem !== undefined) throw errors.error(`${run.text} ${problem}`);
}

function startSupervisor() {
  return execa(process.execPath, [supervisor], {
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
}

/**
 * Waits until the supervisor has ended, and for what it and its program said before. A process that escaped may hold the
 * other ends of the streams for ever: they are waited for a moment only.
 */
async function endOf(child: ReturnType<typeof startSupervisor>): Promise<void> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const disconnected = new Promise<void>((resolve) => {
    if (child.connected) child.once('disconnect', () => resolve());
    else resolve();
  });
  // One that could not be started at all never exits.
  await Promise.race([exited, child]);
  await Promise.race([Promise.all([child, disconnected]), pause(drainMilliseconds, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
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
