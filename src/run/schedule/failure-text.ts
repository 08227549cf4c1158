import { RunflowError } from '../../diagnostics/errors.js';

/** What a step failed with, for people. An error that no step should raise comes with its stack. */
export function messageOf(error: unknown): string {
  if (error instanceof RunflowError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What to do about it. */
export function hintOf(error: unknown): string | undefined {
  return error instanceof RunflowError ? error.hint : 'This is a bug of runflow: please report it.';
}
