import { relative } from 'node:path';
import { InvalidWorkflowError, RunflowError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { measuresNothing } from '../plan/definitions-in-use.js';
import type { ActiveRun } from '../store/runs.js';
import { recordedAs, type Study } from '../workflow/study.js';
import { StudyPrograms } from './programs/study-programs.js';
import { resultsPlace } from './results/place.js';
import { type RunOptions, RunSession } from './run-session.js';

export type { RunOptions } from './run-session.js';

/**
 * Runs the workflows of a study: what is cached is taken, what is not is done, results are copied to the results folder. What happens is
 * told as events, `summary` last.
 *
 * @returns the exit code: done, a step failed, the environment is at fault, interrupted
 * @throws RunflowError when nothing could be started: the workflow does not fit its models, there is no device, …
 */
export async function runWorkflow(options: RunOptions): Promise<ExitCode> {
  const { study, store } = options;
  requireMeasures(study);
  const programs = new StudyPrograms(study, options.allowed);
  programs.requireAllowed();
  const place = options.results === false ? undefined : resultsPlace(study, store.path, options.out);
  const { tags, purpose } = options;
  const run = await store.runs.begin({ ...recordedAs(study), tags, purpose });
  return carryOut(new RunSession(options, run, place, programs), run);
}

/** Runs a session, and writes down how the run ended. */
export async function carryOut(session: RunSession, run: ActiveRun): Promise<ExitCode> {
  let outcome: 'done' | 'failed' | 'interrupted' = 'failed';
  let problem: string | undefined;
  try {
    const exitCode = await session.run();
    outcome = exitCode === exitCodes.done ? 'done' : exitCode === exitCodes.interrupted ? 'interrupted' : 'failed';
    problem = session.problem;
    return exitCode;
  } catch (error) {
    // The terminal and a notification say no more than the record does.
    if (error instanceof RunflowError) error.reword(session.redacted);
    problem = error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    await session.close();
    await run.finish(outcome, problem === undefined ? undefined : session.redacted(problem));
  }
}

/**
 * Looks before anything is written, fetched or run.
 * @throws InvalidWorkflowError for a workflow that measures nothing
 */
export function requireMeasures(study: Study): void {
  const idle = study.cells.find(({ workflow }) => measuresNothing(workflow));
  if (idle === undefined) return;
  const hint = 'Only what a sweep or a metric needs is made: add one. A model alone is made by runflow export.';
  const name = idle.label === '' ? study.name : `the cell ${idle.label} of ${study.name}`;
  const message = `${name} measures nothing: there is nothing to run`;
  const start = { line: 1, column: 1, offset: 0 };
  const range = { file: relative('.', study.file), start, end: start };
  throw new InvalidWorkflowError([{ severity: 'error', code: 'nothing-measured', message, range, hint }]);
}
