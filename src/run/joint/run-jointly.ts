import { EnvironmentError, UsageError } from '../../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../../diagnostics/exit-codes.js';
import { runflowVersion } from '../../diagnostics/version.js';
import type { Digest } from '../../formats/digest.js';
import { usesNetwork } from '../../steps/needs.js';
import type { ActiveRun } from '../../store/runs.js';
import type { LoadOptions } from '../../workflow/load.js';
import { hasMatrix, recordedAs } from '../../workflow/study.js';
import { clusterOf } from '../../workflow/study-cluster.js';
import { Chronicle } from '../chronicle.js';
import { findDevice } from '../device.js';
import { EarlierDurations } from '../earlier-durations.js';
import { EventBus, groupTotals } from '../events.js';
import { defaultWorkerLimits } from '../executors/executor.js';
import { type PinnedCommits, pinHub } from '../hub-pins.js';
import { missingJudgeKeys } from '../judge-keys.js';
import { judgeRequests } from '../judge-requests.js';
import { type Prepared, prepare } from '../prepare.js';
import { checkVariables } from '../programs/needs.js';
import { StudyPrograms } from '../programs/study-programs.js';
import type { Queue } from '../queues/queue.js';
import { resultsPlace } from '../results/place.js';
import { versions } from '../results/run-json.js';
import { type RunOptions, requireMeasures, runWorkflow } from '../run.js';
import { withoutSecrets } from '../secrets.js';
import { StudyCatalog } from '../study-catalog.js';
import { type Unfinished, unfinishedRun } from './attach.js';
import { followJointRun } from './follow.js';
import { JointRun } from './joint-run.js';
import { asRead, type Submission, sourceDigests, submittedStudy } from './submission.js';
import { startRunnerHere, submitRunners } from './submit.js';
import { type JointTiming, usualTiming } from './timing.js';
import { neededVariables } from './variables.js';

export interface JointRunOptions extends Omit<RunOptions, 'part' | 'executor' | 'results' | 'purpose'> {
  /** How the study was read. */
  readonly load: LoadOptions;
  readonly queue: Queue;
  /** Name of the queue. */
  readonly queueName: string;
  /** Runners to ask the queue for. Default: what the workflow says of its cluster, else one. */
  readonly jobs?: number;
  /** Whether runners of the queue reach the network. Default: no, and the submitting side has a runner for what needs it. */
  readonly network?: boolean;
  /** Path of Node.js on the machines of the queue. Default: that of this process. */
  readonly node?: string;
  /** Absolute path of the executors file, if there is one: a runner whose time is up submits its successor by it. */
  readonly executorsFile?: string;
  /** Return when the runners are handed in. */
  readonly detach?: boolean;
  readonly timing?: JointTiming;
}

/** The class of a submitting side without a device: keys of steps on the device are known when a runner has one. */
const noDevice = 'not named yet';

/**
 * Runs a study by runners on several machines that share the store, and follows them. The same command goes on with a joint
 * run that has not ended.
 * @returns the exit code of the joint run; done when it was only handed in
 * @throws what runWorkflow throws; EnvironmentError when the queue takes no runners
 */
export async function runJointly(options: JointRunOptions): Promise<ExitCode> {
  const { study, store, load, keepGoing = false, targets = [], force = [], queueName } = options;
  requireMeasures(study);
  new StudyPrograms(study, options.allowed).requireAllowed();
  const results = resultsPlace(study, store.path, options.out);
  const read = asRead(study, load, process.cwd());
  const asked = { ...read, targets, force, keepGoing, results, executor: queueName };
  const unfinished = await unfinishedRun(store, asked);
  if (unfinished !== undefined) return attach(options, unfinished);
  let { prepared, commits } = await planned(options);
  if (cachedKeys(prepared).length === prepared.steps.length && prepared.plan.deferred.length === 0) {
    const {
      load: _,
      queue: __,
      queueName: ___,
      jobs,
      network,
      node,
      executorsFile,
      detach,
      timing,
      ...alone
    } = options;
    return runWorkflow(alone);
  }
  if (await takeFromRemote(options, prepared)) ({ prepared, commits } = await planned(options));
  const run = await store.runs.begin({ ...recordedAs(study), tags: options.tags, joint: true });
  const joint = new JointRun(store, run.record.id);
  let submission: Submission;
  try {
    submission = submissionOf(options, { ...asked, commits, prepared, run });
    refuseSecrets(submission, options);
    const chronicle = new Chronicle(store, run, new EventBus(), redaction(options));
    await chronicle.begin(study, targets, versions());
    await chronicle.planned(prepared);
    await joint.submit(submission);
    await startRunners(options, joint, submission);
  } catch (error) {
    const problem = error instanceof Error ? redaction(options)(error.message) : String(error);
    await joint.stopBecause({ why: 'environment', problem });
    await run.finish('failed', problem);
    throw error;
  }
  try {
    return await follow(options, { joint, submission, isEdited: false });
  } finally {
    run.leave();
  }
}

/**
 * Takes what a remote store has of a plan before runners begin: they take from the shared store alone, and need no credentials.
 * @returns whether the plan is another by now, because something was faulty
 */
async function takeFromRemote({ store, events }: JointRunOptions, prepared: Prepared): Promise<boolean> {
  if (store.upstream === undefined) return false;
  const isHere = (key: Digest) => store.actions.lookUp(key).status === 'hit';
  const missing = cachedKeys(prepared).filter((key) => !isHere(key));
  if (missing.length > 0) {
    const message = `${missing.length} steps are taken from the remote store before runners begin`;
    events.publish({ type: 'notice', message });
  }
  await store.upstream.take(missing);
  if (prepared.situation.deviceClass === noDevice) {
    const message = 'this host has no device: of steps on a device nothing is taken from the remote store';
    const hint = 'Run "runflow cache pull" with the same store on a machine that has the device of the runners.';
    events.publish({ type: 'warning', message, hint });
  }
  return !missing.every(isHere);
}

function cachedKeys({ steps, outcomes }: Prepared): Digest[] {
  return steps.flatMap(({ id }) => {
    const outcome = outcomes.get(id);
    return outcome?.status === 'cached' ? [outcome.key] : [];
  });
}

async function startRunners(options: JointRunOptions, joint: JointRun, submission: Submission): Promise<void> {
  const { environment = process.env, events, queue, store } = options;
  const started = { joint, submission, queue, environment, store: store.path };
  // First what costs nothing: where the queue refuses, the runner here sees that, and ends.
  if (submission.runsHere) await startRunnerHere(started);
  const { job } = await submitRunners(started, submission.jobs);
  if (job !== undefined) return;
  const message = `${submission.executor} does not say whether it has taken the runners`;
  const hint = 'It is asked again and again. Runners that it has not taken are handed in again.';
  events.publish({ type: 'warning', message, hint });
}

async function attach(options: JointRunOptions, { joint, submission, isEdited }: Unfinished): Promise<ExitCode> {
  const { environment = process.env, events, jobs = 0, queue, store } = options;
  const started = { joint, submission, queue, environment, store: store.path };
  const edited = isEdited ? '. The workflow was edited since: the run goes on with what was submitted' : '';
  events.publish({ type: 'notice', message: `attached to run ${joint.id} of this command, which goes on${edited}` });
  const places = joint.places().filter(({ attempt }) => joint.intent(attempt)?.isHere !== true);
  const open = places.filter((place) => joint.exit(place) === undefined).length;
  if (joint.stop() === undefined && open > 0 && jobs > open) {
    await submitRunners(started, jobs - open);
  }
  const hasOwn = joint.attempts().some((attempt) => joint.intent(attempt)?.isHere);
  if (submission.runsHere && !hasOwn) await startRunnerHere(started);
  return follow(options, { joint, submission, isEdited });
}

async function follow(options: JointRunOptions, { joint, submission }: Unfinished): Promise<ExitCode> {
  const { detach, environment = process.env, events, queue, signal = new AbortController().signal, store } = options;
  if (detach) {
    const how = 'the same command without --detach follows it, and Ctrl-C there cancels it';
    events.publish({ type: 'notice', message: `run ${joint.id} is handed in to ${submission.executor}: ${how}` });
    return exitCodes.done;
  }
  const study = await submittedStudy(submission);
  return followJointRun({ joint, submission, queue, store, study, events, environment, signal });
}

/** The plan as the submitting side sees it, checked for all that a run checks before it begins. */
async function planned(
  options: JointRunOptions,
): Promise<{ readonly prepared: Prepared; readonly commits: PinnedCommits }> {
  const { study, store, events, targets = [], force = [], environment = process.env, locked = false, signal } = options;
  const device = await findDevice(environment);
  const commits = await pinHub(study, environment, { locked, ...(signal && { signal }) });
  const programs = new StudyPrograms(study, options.allowed);
  const onHashing = (progress: { model: string; done: number; total: number }) =>
    events.publish({ type: 'hashing', ...progress });
  const prepared = await prepare({
    study,
    store,
    catalog: new StudyCatalog(study, store, { programs, onHashing, ...(signal && { signal }) }),
    commits,
    deviceClass: device instanceof EnvironmentError ? noDevice : device.deviceClass,
    targets,
    force,
    lookUp: (key) => store.lookUp(key),
  });
  checkVariables(prepared, environment);
  const judges = await judgeRequests(prepared, study, store);
  const { missing, later } = missingJudgeKeys(prepared, study, judges, environment);
  if (missing !== undefined && !(options.keepGoing ?? false)) throw missing;
  for (const warning of later) events.publish({ type: 'warning', ...warning });
  return { prepared, commits };
}

interface Parts extends Omit<Parameters<typeof unfinishedRun>[1], 'executor'> {
  readonly folder: string;
  readonly commits: PinnedCommits;
  readonly prepared: Prepared;
  readonly run: ActiveRun;
}

function submissionOf(options: JointRunOptions, { commits, prepared, run, ...read }: Parts): Submission {
  const {
    study,
    store,
    network = false,
    node,
    retries = 1,
    limits = defaultWorkerLimits,
    environment = process.env,
  } = options;
  const { steps, plan, situation } = prepared;
  const durations = new EarlierDurations(store, run.record);
  const groups = groupTotals(prepared, (step) => durations.expected(step, situation.deviceClass));
  const cached = groups.reduce((sum, group) => sum + group.cached, 0);
  const time = run.record.started;
  const cluster = clusterOf(study);
  return {
    version: runflowVersion(),
    ...read,
    retries,
    deviceBusySeconds: limits.deviceBusySeconds,
    commits: [...commits].map(([cell, names]) => [cell, [...names]] as const),
    sources: sourceDigests(prepared),
    programs: [...(options.allowed ?? [])],
    runsHere: !network && (steps.some(usesNetwork) || plan.deferred.length > 0),
    network,
    ...(node === undefined ? {} : { node }),
    executor: options.queueName,
    ...(options.executorsFile === undefined ? {} : { executorsFile: options.executorsFile }),
    jobs: options.jobs ?? cluster?.jobs ?? 1,
    resources: cluster?.resources ?? {},
    variables: neededVariables(prepared, study, environment),
    timing: options.timing ?? usualTiming,
    started: time,
    announced: {
      type: 'run-started',
      run: run.record.id,
      workflow: study.name,
      time,
      ...(hasMatrix(study) ? { cells: study.cells.map(({ label }) => label) } : {}),
      steps: steps.length,
      cached,
      groups,
    },
  };
}

function redaction({ study, allowed, environment = process.env }: JointRunOptions): (text: string) => string {
  const programs = new StudyPrograms(study, allowed);
  return withoutSecrets(environment, new Set(programs.all.flatMap(({ program }) => program.env)));
}

/** What is submitted lies in the store in plain text, as it was written. */
function refuseSecrets({ texts, set, matrix }: Submission, options: JointRunOptions): void {
  const redacted = redaction(options);
  const places = [
    ...texts.map(({ file, text }) => ({ where: file, text })),
    ...[...set, ...matrix].map((text) => ({ where: 'a setting of the command line', text })),
  ];
  const found = places.find(({ text }) => redacted(text) !== text);
  if (found === undefined) return;
  throw new UsageError(`${found.where} holds the value of a variable that is secret`, {
    hint: 'Name the variable in the workflow instead: what is submitted to other hosts is kept in the store.',
  });
}
