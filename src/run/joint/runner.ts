import { join } from 'node:path';
import { EnvironmentError, RunflowError } from '../../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../../diagnostics/exit-codes.js';
import { begunFile } from '../../store/runs.js';
import type { Store } from '../../store/store.js';
import type { Study } from '../../workflow/study.js';
import { type ExpectedDevice, findDevice } from '../device.js';
import { EventBus } from '../events.js';
import { defaultWorkerLimits } from '../executors/executor.js';
import { StudyPrograms } from '../programs/study-programs.js';
import { readExecutorsFile } from '../queues/executors-file.js';
import { isQueueName, openQueue } from '../queues/registry.js';
import { RunSession } from '../run-session.js';
import { claimDeviceSlot } from './device-slot.js';
import { EventLogWriter } from './event-log.js';
import { finishJointRun } from './finish.js';
import { withForcedSteps } from './forced-steps.js';
import { type ExitRecord, eventsFile, JointRun, placeNames, type RunnerPlace } from './joint-run.js';
import { JointMonitor } from './monitor.js';
import type { JointPart } from './part.js';
import { RunnerTeam } from './runner-team.js';
import { pinnedCommits, requireSubmittedSources, type Submission, submittedStudy } from './submission.js';
import { submitRunners } from './submit.js';

export interface RunnerOptions {
  readonly store: Store;
  /** Id of the joint run. */
  readonly run: string;
  readonly place: RunnerPlace;
  /** It may take steps that need the network. */
  readonly network: boolean;
  /** It takes no other steps: it is on the submitting side, often a host that many people share. */
  readonly networkOnly: boolean;
  /** The card that it claims for itself, for as long as it works; undefined: the queue gave it one, or none is counted. */
  readonly slot: string | undefined;
  /** Aborted when it is to stop. */
  readonly stop: AbortSignal;
  /** Aborted when it is to end at once. */
  readonly kill: AbortSignal;
  /** Aborted when its time limit is near. */
  readonly warning: AbortSignal;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Carries out a joint run together with the other runners, until nothing is left that it could do.
 * @returns the exit code, which its exit file has too
 * @throws EnvironmentError when this host does not see the joint run
 */
export async function runRunner(options: RunnerOptions): Promise<ExitCode> {
  const { store, run: id, place } = options;
  const joint = new JointRun(store, id);
  const submission = await joint.submission();
  const earlier = joint.exit(place);
  if (earlier !== undefined) return earlier.exitCode;
  let record: ExitRecord;
  try {
    const slot = options.slot === undefined ? undefined : await claimDeviceSlot(store, options.slot);
    record = await new Runner(options, joint, submission).run().finally(() => slot?.release());
  } catch (error) {
    const isKnown = error instanceof RunflowError;
    const problem = isKnown ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    // What could not be published is done; whoever follows tries again.
    if (joint.exit(place) !== undefined) throw error;
    await joint.leave(place, {
      how: 'environment',
      exitCode: isKnown ? error.exitCode : exitCodes.stepFailed,
      problem,
    });
    throw error;
  }
  return record.exitCode;
}

/** Patience on the submitting side, where a runner costs nothing: training may take days before there is something to judge. */
const patientSeconds = 7 * 24 * 3600;

class Runner {
  readonly #options: RunnerOptions;
  readonly #joint: JointRun;
  readonly #submission: Submission;
  readonly #monitor: JointMonitor;
  readonly #stop: AbortSignal;
  #device: ExpectedDevice | undefined;
  /** The class that keys are made for; undefined: none is named yet. */
  #named: string | undefined;

  constructor(options: RunnerOptions, joint: JointRun, submission: Submission) {
    this.#options = options;
    this.#joint = joint;
    this.#submission = submission;
    this.#monitor = new JointMonitor(joint, options.place, submission.timing);
    this.#stop = AbortSignal.any([options.stop, options.warning, this.#monitor.cancelled]);
  }

  async run(): Promise<ExitRecord> {
    const { environment, network, networkOnly, place, store } = this.#options;
    const joint = this.#joint;
    const study = await submittedStudy(this.#submission).catch((error: unknown) => this.#notSeen(error));
    const device = networkOnly ? undefined : await findDevice(environment);
    this.#device = device instanceof EnvironmentError ? undefined : device;
    await this.#nameDevice();
    const { identity, hostName } = store.folder.participant;
    await joint.begin(place, {
      host: hostName,
      owner: identity,
      started: new Date().toISOString(),
      network,
      ...(networkOnly ? { networkOnly } : {}),
      device: this.#hasDevice() ? { ...this.#described(this.#device!) } : null,
    });
    const [folder, ...below] = placeNames(place);
    const run = store.runs.resume(joint.id, { folder: join(folder, ...below), file: begunFile });
    try {
      await this.#monitor.start();
      const record = await this.#carryOut(study, run);
      await joint.leave(place, record);
      await this.#publishIfLast(study, record);
      return record;
    } finally {
      this.#monitor.end();
      run.leave();
    }
  }

  /** The first runner with a device names the class for all. */
  async #nameDevice(): Promise<void> {
    const device = this.#device;
    await this.#joint.folder.refresh();
    const named = device === undefined ? this.#joint.device() : await this.#joint.nameDevice(this.#described(device));
    this.#named = named?.deviceClass;
  }

  #described({ deviceClass, description }: ExpectedDevice) {
    return { deviceClass, description };
  }

  #hasDevice(): boolean {
    return this.#device !== undefined && this.#device.deviceClass === this.#named;
  }

  async #carryOut(study: Study, run: ReturnType<Store['runs']['resume']>): Promise<ExitRecord> {
    const { environment, kill, place, store } = this.#options;
    const { deviceBusySeconds, force, keepGoing, programs, retries, targets } = this.#submission;
    const events = new EventBus();
    const allowed = new Set(programs);
    const known = new StudyPrograms(study, allowed);
    known.requireAllowed();
    const session = new RunSession(
      {
        study,
        store,
        events,
        results: false,
        targets,
        force,
        keepGoing,
        retries,
        limits: { ...defaultWorkerLimits, deviceBusySeconds },
        signal: this.#stop,
        killSignal: kill,
        allowed,
        environment,
        part: this.#part(),
      },
      run,
      undefined,
      known,
    );
    const log = new EventLogWriter(this.#joint.folder.in(...placeNames(place), eventsFile), events, session.redacted);
    try {
      const exitCode = await session.run().catch((error: unknown) => this.#notSeen(error));
      return await this.#exitOf(session, exitCode);
    } catch (error) {
      if (error instanceof RunflowError) error.reword(session.redacted);
      throw error;
    } finally {
      await session.close();
      log.close();
    }
  }

  async #exitOf(session: RunSession, exitCode: ExitCode): Promise<ExitRecord> {
    const { warning } = this.#options;
    const problem = session.problem === undefined ? {} : { problem: session.redacted(session.problem) };
    if (warning.aborted && this.#joint.stop() === undefined) return this.#succeeded();
    if (this.#stop.aborted) return { how: 'stopped', exitCode: exitCodes.interrupted };
    if (session.environmentFailed) return { how: 'environment', exitCode, ...problem };
    const isDrained = this.#monitor.drain.aborted;
    if (session.isUnfinished && !isDrained) return { how: 'idle', exitCode, ...problem };
    if (exitCode !== exitCodes.done) return { how: 'failed', exitCode, ...problem };
    return session.isUnfinished ? { how: 'stopped', exitCode } : { how: 'done', exitCode };
  }

  /** Another one goes on in its place. Where the queue cannot be asked from here, whoever follows sees to that. */
  async #succeeded(): Promise<ExitRecord> {
    const record = { how: 'time', exitCode: exitCodes.interrupted } as const;
    const { environment, store } = this.#options;
    const { executor, executorsFile } = this.#submission;
    if (!isQueueName(executor)) return record;
    try {
      // This host may not have the variables that told the submitting side where the file is.
      const executors =
        executorsFile === undefined ? { file: undefined } : await readExecutorsFile(executorsFile, environment);
      const { queue } = openQueue(executor, executors, environment);
      const options = { joint: this.#joint, submission: this.#submission, store: store.path, queue, environment };
      return { ...record, successor: (await submitRunners(options, 1)).attempt };
    } catch (error) {
      if (!(error instanceof RunflowError)) throw error;
      return { ...record, problem: error.message };
    }
  }

  /** Publishes where the plan is finished, and after a failure or a cancellation as the last one to leave. */
  async #publishIfLast(study: Study, { how }: ExitRecord): Promise<void> {
    const { environment, store } = this.#options;
    const joint = this.#joint;
    await joint.refresh();
    const isFinished = how === 'done' || (how === 'failed' && joint.stop() === undefined);
    const isLast = joint.places().every((place) => joint.begun(place) === undefined || joint.exit(place) !== undefined);
    if (!isFinished && !(joint.stop() !== undefined && isLast)) return;
    await finishJointRun({ store, joint, submission: this.#submission, study, environment });
  }

  #part(): JointPart {
    const joint = this.#joint;
    return {
      commits: pinnedCommits(this.#submission),
      device: async () => this.#planned(),
      check: (prepared) => requireSubmittedSources(this.#submission.sources, prepared),
      forced: { has: (step) => joint.wasForced(step) },
      steps: (store) => withForcedSteps(store, joint),
      team: () => {
        const waitsForName = this.#named === undefined;
        const drain = waitsForName ? AbortSignal.any([this.#monitor.drain, this.#monitor.named]) : this.#monitor.drain;
        const { keepGoing, timing } = this.#submission;
        const { network, networkOnly } = this.#options;
        const idleSeconds = networkOnly ? Math.max(timing.idleSeconds, patientSeconds) : timing.idleSeconds;
        return new RunnerTeam(
          joint,
          this.#monitor,
          { device: this.#hasDevice(), network, networkOnly, keepGoing, idleSeconds },
          drain,
        );
      },
      namedDevice: () => {
        if (this.#named !== undefined || !this.#monitor.named.aborted) return undefined;
        this.#named = joint.device()?.deviceClass;
        return this.#planned();
      },
    };
  }

  /** Keys are made for the joint run's class, whatever this host has. Before there is one, those of the device wait. */
  #planned(): ExpectedDevice {
    if (this.#hasDevice()) return this.#device!;
    const deviceClass = this.#named ?? 'not named yet';
    return { deviceClass, description: deviceClass, variables: {} };
  }

  /** What was valid where it was submitted is not seen from here. */
  #notSeen(error: unknown): never {
    if (!(error instanceof RunflowError) || error instanceof EnvironmentError || this.#stop.aborted) throw error;
    const { hostName } = this.#options.store.folder.participant;
    throw new EnvironmentError(`${hostName} cannot carry out what was submitted: ${error.message}`, {
      cause: error,
      hint: 'Put checkpoints, data and programs on a file system that all hosts share, at the same paths.',
    });
  }
}
