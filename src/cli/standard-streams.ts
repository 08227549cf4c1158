import { closeSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { exitCodes } from '../diagnostics/exit-codes.js';

/** Nobody is there to read: `| head` has seen enough, the terminal is closed, the stream was closed from the start. */
const readerGone = new Set(['EPIPE', 'EIO', 'EBADF', 'ECONNRESET', 'ENOTCONN', 'ERR_STREAM_DESTROYED']);

/**
 * Lets a command go on when its output goes nowhere: what it does and its exit code are not the reader's affair. Output
 * that somebody waits for and that is lost (a full disk) makes an exit code of 0 one of the environment, in words.
 */
export function guardStandardStreams(): void {
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    lost ??= error;
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => undefined);
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('exit', (code) => {
    letGo(terminals);
    if (lost === undefined || readerGone.has(lost.code ?? '')) return;
    if (code === exitCodes.done) process.exitCode = exitCodes.environment;
    try {
      const hint = 'What the command does is done all the same. Free space, or send the output elsewhere.';
      writeSync(process.stderr.fd, `error: the output cannot be written: ${lost.message}\n  ${hint}\n`);
    } catch {
      // Nor here.
    }
  });
}

/**
 * Closes streams whose terminal is gone. Node puts every terminal back as it was when a process ends, and takes the answer
 * of one that is no longer there for a fault of its own: it aborts (ResetStdio in its src/node.cc), whatever the exit code.
 */
function letGo(terminals: readonly number[]): void {
  for (const descriptor of terminals) {
    if (isatty(descriptor)) continue;
    try {
      closeSync(descriptor);
    } catch {
      // Closed already.
    }
  }
}
