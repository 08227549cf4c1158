import { DataError, EnvironmentError, InterruptedError, RunflowError } from '../diagnostics/errors.js';
import type { Reply } from './protocol.js';

type Failure = Extract<Reply, { type: 'failed' }>['error'];

/** An error as it crosses the process border. What is not one of runflow's own is a bug, and says so with its stack. */
export function describeFailure(error: unknown, stopped: boolean): Failure {
  if (stopped || error instanceof InterruptedError) return { kind: 'interrupted', message: 'stopped' };
  if (error instanceof RunflowError) {
    const kind = error instanceof DataError ? 'data' : error instanceof EnvironmentError ? 'environment' : 'step';
    return { kind, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'bug', message, ...(stack === undefined ? {} : { stack }) };
}
