import { execa } from 'execa';
import { killMarked } from './marked-processes.js';
import { markVariable, type ProgramEnd, type ProgramReport, type ProgramStart } from './protocol.js';

/**
 * A process of its own between runflow and one program: it ends the program, with all that the program has started, when
 * the program itself has ended, when it is told to, and when whoever started it is gone, however that came about.
 */
let leader: number | undefined;
let mark: string | undefined;

async function endAll(): Promise<void> {
  if (mark !== undefined) await killMarked(mark, leader);
}

async function start({ file, arguments: argv, folder, environment }: ProgramStart): Promise<void> {
  mark = environment[markVariable];
  const program = execa(file, argv, {
    cwd: folder,
    env: environment,
    extendEnv: false,
    // A group of its own: a signal of the terminal does not reach it, and one kill reaches all of it.
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    buffer: false,
    reject: false,
    windowsHide: true,
  });
  leader = program.pid;
  if (leader !== undefined && process.connected) process.send?.({ type: 'started', leader } satisfies ProgramReport);
  const result = await program;
  await endAll();
  if (leader === undefined) report({ type: 'not-started', why: result.originalMessage ?? 'it cannot be started' });
  else report({ type: 'ended', exitCode: result.exitCode ?? null, signal: result.signal ?? null });
}

function report(end: ProgramEnd): void {
  if (process.send === undefined || !process.connected) process.exit(1);
  process.send(end, () => process.exit(0));
}

async function stop(): Promise<void> {
  await endAll();
  process.exit(1);
}

process.once('message', (request) => void start(request as ProgramStart));
process.on('disconnect', () => void stop());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => void stop());
