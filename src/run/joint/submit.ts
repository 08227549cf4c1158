import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { attemptsFolder } from '../../store/runs.js';
import type { Queue } from '../queues/queue.js';
import type { JointRun } from './joint-run.js';
import type { Submission } from './submission.js';

const program = fileURLToPath(new URL('../../../../bin/runflow.js', import.meta.url));

/** File of the attempt's folder that takes what the submitting side's own runner prints. */
export const outputFile = 'output.txt';

/** What starting runners needs. */
export interface SubmitOptions {
  readonly joint: JointRun;
  readonly submission: Submission;
  /** Path of the store, as all hosts see it. */
  readonly store: string;
  readonly queue: Queue;
  /** Variables of the submitting side: its own runner has them all. */
  readonly environment: NodeJS.ProcessEnv;
}

export interface SubmittedRunners {
  readonly attempt: number;
  readonly job: string | undefined;
}

/**
 * Hands runners in as the next attempt. A queue that fails may have taken them: it is asked by the name of the job.
 * @returns the attempt, and what the queue calls the job; undefined: it does not say whether it has it
 * @throws EnvironmentError when the queue refuses them
 */
export async function submitRunners(options: SubmitOptions, count: number): Promise<SubmittedRunners> {
  const { joint, submission, queue } = options;
  const { attempt, jobName } = await joint.claimAttempt({ count });
  const { resources, timing, variables } = submission;
  const folder = joint.folder.in(attemptsFolder, `${attempt}`);
  const wanted = { jobName, count, argv: queuedArgv(options, attempt), variables, resources, folder };
  try {
    const job = await queue.submit({ ...wanted, leadSeconds: timing.leadSeconds });
    await joint.writeJob(attempt, { job });
    return { attempt, job };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const found = await queue.poll([jobName]);
    if (found === undefined) return { attempt, job: undefined };
    if ((found.get(jobName)?.size ?? 0) > 0) {
      await joint.writeJob(attempt, { job: jobName });
      return { attempt, job: jobName };
    }
    await joint.writeJob(attempt, { refused: error.message });
    throw error;
  }
}

/**
 * Starts a runner on this host for what needs the network. It goes on when the terminal goes.
 * @throws EnvironmentError when no process can be started
 */
export async function startRunnerHere(options: SubmitOptions): Promise<void> {
  const { environment: env, joint } = options;
  const { attempt } = await joint.claimAttempt({ count: 1, isHere: true });
  const argv = [...runnerArgv(options, attempt), '--network-only', '--index', '0'];
  const output = openSync(joint.folder.in(attemptsFolder, `${attempt}`, outputFile), 'a');
  try {
    const child = spawn(process.execPath, argv, { detached: true, env, stdio: ['ignore', output, output] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => {
        reject(new EnvironmentError(`no runner can be started on this host: ${cause.message}`, { cause }));
      });
    });
    await joint.writeJob(attempt, { job: `process ${child.pid}` });
    child.unref();
  } finally {
    closeSync(output);
  }
}

function queuedArgv(options: SubmitOptions, attempt: number): readonly string[] {
  const { network, node = process.execPath } = options.submission;
  return [node, ...runnerArgv(options, attempt), ...(network ? ['--network'] : [])];
}

/** Arguments of a runner for Node.js, without its index. */
function runnerArgv({ joint, store, submission }: SubmitOptions, attempt: number): readonly string[] {
  const silence = ['--silence', `${submission.timing.silenceSeconds}`];
  return [program, 'runner', '--store', store, '--run', joint.id, '--attempt', `${attempt}`, ...silence];
}
