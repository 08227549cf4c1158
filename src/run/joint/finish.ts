import { type ExitCode, exitCodes } from '../../diagnostics/exit-codes.js';
import { digestOf, hexOf } from '../../formats/digest.js';
import type { Store } from '../../store/store.js';
import type { Study } from '../../workflow/study.js';
import type { ExpectedDevice } from '../device.js';
import { EventBus, type RunEvent } from '../events.js';
import { StudyPrograms } from '../programs/study-programs.js';
import { RunSession } from '../run-session.js';
import type { JointRun, OutcomeRecord, StopRecord } from './joint-run.js';
import type { JointPart } from './part.js';
import { pinnedCommits, requireSubmittedSources, type Submission } from './submission.js';
import { toldByRunners } from './told.js';

/** What publishing needs. */
export interface FinishOptions {
  readonly store: Store;
  readonly joint: JointRun;
  readonly submission: Submission;
  readonly study: Study;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Publishes a joint run that is over: runs once more in its name, with everything cached, and so leaves the results folder
 * and the records that a run leaves. One process does it; the others are told how it came out.
 * @returns how the joint run ended; undefined when another process is at it
 * @throws what publishing throws; whoever comes next may try again
 */
export async function finishJointRun(options: FinishOptions): Promise<OutcomeRecord | undefined> {
  const { store, joint } = options;
  await joint.folder.refresh();
  const earlier = joint.outcome();
  if (earlier !== undefined) return earlier;
  const lock = await store.locks.tryAcquire(`joint-${hexOf(digestOf(joint.id)).slice(0, 32)}`);
  if (lock === undefined) return undefined;
  try {
    await joint.folder.refresh();
    return joint.outcome() ?? (await publish(options));
  } finally {
    await lock.release();
  }
}

async function publish(options: FinishOptions): Promise<OutcomeRecord> {
  const { store, joint, submission, study, environment } = options;
  const events = new EventBus();
  const told: RunEvent[] = [];
  events.subscribe((event) => {
    if (keptTypes.has(event.type)) told.push(event);
  });
  const run = store.runs.resume(joint.id);
  const { targets, keepGoing, programs, results } = submission;
  const allowed = new Set(programs);
  const session = new RunSession(
    { study, store, events, targets, keepGoing, environment, allowed, part: await partOf(options) },
    run,
    results,
    new StudyPrograms(study, allowed),
  );
  let exitCode: ExitCode;
  try {
    exitCode = await session.run();
  } catch (error) {
    await session.close();
    run.leave();
    throw error;
  }
  await session.close();
  const outcome = exitCode === exitCodes.done ? 'done' : exitCode === exitCodes.interrupted ? 'interrupted' : 'failed';
  const problem = session.problem ?? joint.stop()?.problem;
  const record = { exitCode, outcome, events: told } as const;
  // First what looks back at runs: whoever follows goes by the outcome, and looks then.
  await run.finish(outcome, problem === undefined ? undefined : session.redacted(problem));
  await joint.writeOutcome(record);
  return record;
}

/** Types of events that are told of the whole, and not by any runner. */
const keptTypes: ReadonlySet<RunEvent['type']> = new Set(['step-failed', 'warning', 'result', 'collected', 'summary']);

async function partOf({ joint, submission }: FinishOptions): Promise<JointPart> {
  const told = await toldByRunners(joint, submission.started);
  const stop = joint.stop();
  return {
    started: new Date(submission.started),
    commits: pinnedCommits(submission),
    device: async () => deviceOf(joint),
    // What was stopped is over, whatever became of its data.
    check: (prepared) => {
      if (stop === undefined) requireSubmittedSources(submission.sources, prepared);
    },
    forced: everything,
    steps: (store) => store,
    told: {
      records: (prepared) => told.records(prepared),
      failures: told.failures,
      times: told.times,
      ...endOf(stop),
    },
  };
}

function endOf(stop: StopRecord | undefined) {
  const fault = stop?.why === 'environment' ? { fault: stop.problem ?? 'the environment is at fault' } : {};
  return { isCancelled: stop?.why === 'cancelled', ...fault };
}

/** What was forced has run, or will not. */
const everything = { has: () => true };

/** The device of the runners. Where none had one, no key is made for any. */
function deviceOf(joint: JointRun): ExpectedDevice {
  return { ...(joint.device() ?? { deviceClass: 'none', description: 'none' }), variables: {} };
}
