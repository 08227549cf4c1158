import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../../diagnostics/errors.js';
import type { ExitCode } from '../../diagnostics/exit-codes.js';
import type { Store } from '../../store/store.js';
import type { Study } from '../../workflow/study.js';
import type { EventBus, RunEvent } from '../events.js';
import { EventLogReader } from './event-log.js';
import { finishJointRun } from './finish.js';
import { eventsFile, type JointRun, type OutcomeRecord, placeName, placeNames } from './joint-run.js';
import { MergedEvents } from './merge-events.js';
import { outputTail } from './output-tail.js';
import type { Submission } from './submission.js';
import { type SubmitOptions, startRunnerHere, submitRunners } from './submit.js';
import { RunnerWatch, type SeenRunner } from './watch-runners.js';

export interface FollowOptions extends Omit<SubmitOptions, 'store'> {
  readonly store: Store;
  /** The study that was submitted. */
  readonly study: Study;
  readonly events: EventBus;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted when the joint run is to be cancelled. */
  readonly signal: AbortSignal;
}

/**
 * Follows a joint run to its end: tells the events of all runners as those of one run, starts runners again that are lost, and
 * cancels all at the first Ctrl-C. Whoever follows decides nothing about steps: that it ends changes nothing.
 * @returns the exit code of the joint run
 */
export async function followJointRun(options: FollowOptions): Promise<ExitCode> {
  const { submission, events } = options;
  events.publish(submission.announced);
  const { exitCode } = await new Follower(options).follow();
  return exitCode;
}

class Follower {
  readonly #options: FollowOptions;
  readonly #joint: JointRun;
  readonly #submission: Submission;
  readonly #watch: RunnerWatch;
  readonly #merged: MergedEvents;
  readonly #logs = new Map<string, EventLogReader>();
  /** Places whose end was acted upon. */
  readonly #handled = new Set<string>();
  /** Runners started since a step was last done. */
  #startsInVain = 0;
  #someoneWorks = false;
  #told = '';
  #cancelledAt: number | undefined;

  constructor(options: FollowOptions) {
    const { joint, submission, store, queue, events } = options;
    this.#options = options;
    this.#joint = joint;
    this.#submission = submission;
    const now = () => performance.now();
    this.#watch = new RunnerWatch({ joint, store, queue, timing: submission.timing, now });
    this.#merged = new MergedEvents(submission.announced.steps, (event) => {
      if (event.type === 'step-finished') this.#startsInVain = 0;
      events.publish(event);
    });
  }

  async follow(): Promise<OutcomeRecord> {
    const { signal } = this.#options;
    const { tickSeconds } = this.#submission.timing;
    for (;;) {
      const runners = await this.#watch.look();
      this.#read();
      const outcome = this.#joint.outcome() ?? (await this.#act(runners));
      if (outcome !== undefined) return this.#close(outcome);
      this.#tell(runners);
      const isCancelled = this.#cancelledAt !== undefined;
      await sleep(tickSeconds * 1000, undefined, isCancelled ? {} : { signal }).catch(() => undefined);
    }
  }

  /** Tells what the runners said since the last time. */
  #read(): void {
    for (const place of this.#joint.places()) {
      const name = placeName(place);
      const log = this.#logs.get(name) ?? new EventLogReader(this.#joint.folder, [...placeNames(place), eventsFile]);
      this.#logs.set(name, log);
      for (const { event } of log.read()) this.#merged.add(name, event);
    }
    this.#merged.turn();
  }

  #close(outcome: OutcomeRecord): OutcomeRecord {
    this.#read();
    const { events } = this.#options;
    for (const event of outcome.events) {
      if (event.type === 'step-failed' || event.type === 'warning') this.#merged.add('', event);
      if (event.type === 'summary') this.#merged.close();
      if (event.type === 'result' || event.type === 'collected' || event.type === 'summary') events.publish(event);
    }
    return outcome;
  }

  /** Starts runners, cancels them, or publishes, as it is due. @returns how the joint run ended, if it did */
  async #act(runners: readonly SeenRunner[]): Promise<OutcomeRecord | undefined> {
    if (this.#options.signal.aborted && this.#cancelledAt === undefined) await this.#cancel();
    const atWork = runners.filter(({ state }) => state === 'waiting' || state === 'working');
    if (this.#joint.stop() !== undefined) return this.#mayFinish(atWork) ? this.#finish() : undefined;
    const stuck = runners.find(({ isHere, exit }) => isHere && exit?.how === 'environment')?.exit?.problem;
    if (stuck !== undefined) {
      await this.#giveUp(`what needs the network cannot be done on this side: ${stuck}`);
      return undefined;
    }
    this.#someoneWorks = runners.some(({ state }) => state === 'working');
    for (const runner of runners) await this.#replace(runner);
    const queued = atWork.filter(({ isHere }) => !isHere);
    if (queued.length > 0 || this.#hasNew(runners)) return undefined;
    const left = runners.filter(({ isHere, state }) => !isHere && state === 'left');
    if (left.some(({ exit }) => exit?.how === 'done' || exit?.how === 'failed')) return this.#finish();
    const faults = left.flatMap(({ exit }) => (exit?.how === 'environment' ? [exit.problem ?? ''] : []));
    if (faults.length > 0) await this.#giveUp(`runners could not work: ${[...new Set(faults)].join('; ')}`);
    else await this.#start(this.#submission.jobs, this.#whyAllLeft(left));
    return undefined;
  }

  #whyAllLeft(left: readonly SeenRunner[]): string {
    const lacking = this.#joint.device() === undefined ? ', and none of them has a device' : '';
    const problems = new Set(left.flatMap(({ exit }) => exit?.problem ?? []));
    const reasons = problems.size === 0 ? '' : `: ${[...problems].join('; ')}`;
    return `all runners have left, and steps are left to do${lacking}${reasons}`;
  }

  /** Whether runners were started since these were seen. */
  #hasNew(runners: readonly SeenRunner[]): boolean {
    return this.#joint.places().length > runners.length;
  }

  /** Starts another runner in the place of one that is lost, or whose time was up. */
  async #replace({ place, state, isHere, exit, begun }: SeenRunner): Promise<void> {
    if (this.#handled.has(placeName(place)) || (state !== 'lost' && exit === undefined)) return;
    this.#handled.add(placeName(place));
    if (exit?.how === 'environment')
      this.#warn(
        `runner ${placeName(place)} left: ${exit.problem}`,
        'Its log is in the folder of its attempt; other runners go on.',
      );
    if (exit?.how === 'idle' && exit.problem !== undefined)
      this.#warn(`runner ${placeName(place)} left: ${exit.problem}`, 'It could do nothing more. Other runners go on.');
    const isOver = state === 'lost' || (exit?.how === 'time' && exit.successor === undefined);
    if (!isOver && !(isHere && exit?.how === 'idle')) return;
    const host = begun === undefined ? '' : ` on ${begun.host}`;
    const what =
      state === 'lost'
        ? `runner ${placeName(place)}${host} is lost`
        : `the time of runner ${placeName(place)}${host} was up`;
    const { executor } = this.#submission;
    const isNew = state === 'lost' && begun === undefined;
    const advice = isNew ? ` It never began: runflow doctor --executor ${executor} says what hosts lack.` : '';
    if (isHere) await startRunnerHere(this.#submitOptions());
    else await this.#start(1, what, advice);
  }

  async #start(count: number, why: string, advice = ''): Promise<void> {
    const { mostLost } = this.#submission.timing;
    this.#startsInVain += 1;
    if (this.#startsInVain > mostLost) {
      const problem = `runners were started again ${mostLost} times, and no step was done: ${why}`;
      // A host where runners die takes nothing from one that is in a long step.
      if (this.#someoneWorks) return this.#warn(problem, `No more are started while others work.${advice}`);
      return this.#giveUp(problem);
    }
    this.#warn(why, `${count === 1 ? 'Another is' : `${count} more are`} started.${advice}`);
    try {
      await submitRunners(this.#submitOptions(), count);
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      await this.#giveUp(error.message);
    }
  }

  #submitOptions(): SubmitOptions {
    const { environment, joint, queue, store, submission } = this.#options;
    return { environment, joint, queue, submission, store: store.path };
  }

  async #giveUp(problem: string): Promise<void> {
    const tail = outputTail(this.#joint);
    this.#warn(problem, tail ?? 'The queue kept no output of the runners.');
    await this.#joint.stopBecause({ why: 'environment', problem });
  }

  async #cancel(): Promise<void> {
    this.#cancelledAt = performance.now();
    await this.#joint.stopBecause({ why: 'cancelled' });
    const attempts = this.#joint.attempts().flatMap((attempt) => this.#joint.intent(attempt) ?? []);
    const names = attempts.filter(({ isHere }) => !isHere).map(({ jobName }) => jobName);
    await this.#options.queue.cancel(names).catch((error: unknown) => {
      if (!(error instanceof EnvironmentError)) throw error;
      this.#warn(error.message, error.hint ?? 'Runners stop by themselves when they see that the run was cancelled.');
    });
  }

  /** Whether all runners have left after a stop, or had their time to. */
  #mayFinish(atWork: readonly SeenRunner[]): boolean {
    if (atWork.length === 0) return true;
    const { graceSeconds } = this.#submission.timing;
    return this.#cancelledAt !== undefined && performance.now() - this.#cancelledAt > graceSeconds * 1000;
  }

  #finish(): Promise<OutcomeRecord | undefined> {
    const { environment, joint, store, study, submission } = this.#options;
    return finishJointRun({ store, joint, submission, study, environment });
  }

  /** How many runners there are, when that has changed. */
  #tell(runners: readonly SeenRunner[]): void {
    const count = (state: SeenRunner['state']) => runners.filter((runner) => runner.state === state).length;
    const working = runners.filter(({ state }) => state === 'working');
    const hosts = [...new Set(working.flatMap(({ begun }) => begun?.host ?? []))];
    const { note } = this.#options.queue;
    const counts = { waiting: count('waiting'), working: working.length, hosts };
    const event: RunEvent = { type: 'runners', ...counts, ...(note === undefined ? {} : { note }) };
    if (JSON.stringify(event) === this.#told) return;
    this.#told = JSON.stringify(event);
    this.#options.events.publish(event);
  }

  #warn(message: string, hint: string): void {
    this.#options.events.publish({ type: 'warning', message, hint });
  }
}
