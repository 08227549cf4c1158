import type { Diagnostic } from './diagnostic.js';
import { type ExitCode, exitCodes } from './exit-codes.js';

/** Base of every error a user may see. `hint` says what to do. Anything else that is thrown is a bug of runflow. */
export class RunflowError extends Error {
  readonly exitCode: ExitCode = exitCodes.stepFailed;
  #hint: string | undefined;
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.#hint = options.hint;
  }

  get hint(): string | undefined {
    return this.#hint;
  }

  /** Says the same in other words, such as without secrets. @param change of the message and of the hint */
  reword(change: (text: string) => string): void {
    this.message = change(this.message);
    this.#hint = this.#hint === undefined ? undefined : change(this.#hint);
  }
}

/** The workflow text or the command line is wrong. Carries one diagnostic a problem. */
export class InvalidWorkflowError extends RunflowError {
  override readonly exitCode = exitCodes.invalid;
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join('\n'));
    this.diagnostics = diagnostics;
  }
}

/** A wrong flag, target or argument. */
export class UsageError extends RunflowError {
  override readonly exitCode = exitCodes.invalid;
}

/** The machine lacks something: an adapter, disk space, a reachable service. */
export class EnvironmentError extends RunflowError {
  override readonly exitCode = exitCodes.environment;
}

/** Data that a step read is not what it must be: a truncated file, a NaN, a wrong shape. Names the file or tensor. */
export class DataError extends RunflowError {}

/** A step could not be done for a reason of its own: the device was lost, the worker died, a time-out. */
export class StepError extends RunflowError {}

/** The user pressed Ctrl-C or the process was asked to end. */
export class InterruptedError extends RunflowError {
  override readonly exitCode = exitCodes.interrupted;
}
