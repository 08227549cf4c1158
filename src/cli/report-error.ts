import { InvalidWorkflowError, RunflowError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { printable } from '../diagnostics/printable.js';
import { renderDiagnostics } from '../diagnostics/render.js';
import { styleFor } from '../diagnostics/style.js';

/** Prints an error for a person (to stderr) and gives the exit code of the process. */
export function reportError(error: unknown, write: (text: string) => void): ExitCode {
  const print = (text: string) => write(printable(text));
  if (error instanceof InvalidWorkflowError) {
    write(renderDiagnostics(error.diagnostics, styleFor(process.stderr, process.env)));
    return error.exitCode;
  }
  if (error instanceof RunflowError) {
    print(`error: ${error.message}\n`);
    if (error.hint !== undefined) print(`  ${error.hint}\n`);
    return error.exitCode;
  }
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd') {
    print('error: the folder that this command was started in is no longer there\n  Change to another one.\n');
    return exitCodes.environment;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  print(`error: this is a bug of runflow: please report it with the lines below\n${stack}\n`);
  return exitCodes.stepFailed;
}
