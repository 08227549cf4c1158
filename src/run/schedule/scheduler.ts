import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { EnvironmentError, InterruptedError } from '../../diagnostics/errors.js';
import { listedNames } from '../../diagnostics/listed-names.js';
import type { Artifacts } from '../../formats/artifact.js';
import type { Digest } from '../../formats/digest.js';
import { resolveStep } from '../../plan/resolve.js';
import type { Step } from '../../steps/step.js';
import type { Lock, LockWait } from '../../store/locks.js';
import { OtherDeviceError } from '../executors/executor.js';
import { differenceWarning } from './difference.js';
import { EitherSignal } from './either-signal.js';
import { failedEvent, messageOf } from './failed-event.js';
import { Frontier } from './frontier.js';
import { IdleTimer } from './idle-timer.js';
import { jobOf } from './job.js';
import { inputsOf, lostInputs } from './lost-inputs.js';
import { type AfterLoss, LostWorkers, wordsOf } from './lost-workers.js';
import { madeModelOf } from './made-model.js';
import { ModelClaims } from './model-claims.js';
import { observerOf } from './observer.js';
import type { SchedulerOptions, SchedulerResult } from './options.js';
import { teamOrder } from './order.js';
import { outOfReach } from './out-of-reach.js';
import { FailedElsewhereError, sharedFailure } from './shared-failure.js';
import type { Task } from './task.js';
import type { SharedFailure } from './team.js';
import { waitingEvent } from './waiting-event.js';
import { Watch } from './watch.js';

/**
 * Carries out the steps of a plan that are not cached. A step starts when its inputs are known, a slot of the executor is
 * free and no other run holds the lock on its key; the lock in hand, it is looked up once more. In a team, steps that are
 * others' are never locked: their records are watched. A step that failed in another runner fails here and is not tried.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #frontier: Frontier;
  /** Keys in work, with the other steps of this run that have the same key: they wait and then look again. */
  readonly #inWork = new Map<Digest, Task[]>();
  /** Done in this run: a forced step with such a key need not run any more. */
  readonly #ranKeys = new Set<Digest>();
  /** Aborted when nothing more is to be started, for whatever reason. */
  readonly #stop = new AbortController();
  #busySlots = 0;
  #waitingForOthers = 0;
  /** Ready steps that other runners do. */
  readonly #watch: Watch<Task>;
  readonly #claims: ModelClaims;
  readonly #losses: LostWorkers;
  #idle: IdleTimer | undefined;
  #left = false;
  #environmentFailed = false;
  #fault: string | undefined;
  #otherDevice: string | undefined;
  #finish: () => void = () => {};
  #crash: (error: unknown) => void = () => {};

  constructor(options: SchedulerOptions) {
    this.#options = options;
    // Every step that another run works on listens, and there may be as many as there are runners.
    setMaxListeners(0, this.#stop.signal);
    const { steps, situation, store, outcomes, events, expectedOf, team } = options;
    this.#watch = new Watch({
      look: (task, isFresh) => this.#lookAtOthers(task, isFresh),
      onQuiet: async () => team?.refresh(),
      onDone: () => this.#pump(),
      onError: (error) => this.#crash(error),
    });
    this.#losses = new LostWorkers(options);
    this.#claims = new ModelClaims((model) => store.tryLockModel(model));
    const isNeeded = ({ id }: Step) => outcomes.get(id)!.status !== 'cached';
    this.#frontier = new Frontier({
      steps,
      sources: situation.sources,
      outcomes,
      resolve: (step, outputs) => resolveStep(step, outputs, situation),
      onCached: ({ step }, key) => {
        if (options.reported.has(step.id)) return;
        events.publish({ type: 'step-cached', step: step.id, group: step.group, key });
      },
      leaves: (step) => team?.leaves(step) ?? false,
      ...(team && { modelOf: ({ step }) => madeModelOf(step, outcomes.get(step.id)!, situation) }),
      ...(team && { ranks: teamOrder(steps, { expectedOf, isNeeded, seed: randomInt(2 ** 32) }) }),
    });
  }

  async run(): Promise<SchedulerResult> {
    const { signal, team } = this.#options;
    const stop = () => this.#stop.abort();
    const reasons = team === undefined ? [signal] : [signal, team.drain];
    for (const reason of reasons) {
      reason.addEventListener('abort', stop);
      if (reason.aborted) stop();
    }
    this.#stop.signal.addEventListener('abort', () => this.#pump());
    try {
      await new Promise<void>((resolve, reject) => {
        this.#finish = resolve;
        this.#crash = reject;
        const onIdle = { onHalf: () => this.#help(), onIdle: () => this.#leaveTeam() };
        this.#idle = team && new IdleTimer({ milliseconds: team.idleMilliseconds, ...onIdle });
        this.#pump();
      });
    } finally {
      this.#idle?.end();
      await this.#claims.end();
      for (const task of this.#watch.end()) if (task.state === 'running') task.state = 'waiting';
      for (const reason of reasons) reason.removeEventListener('abort', stop);
      for (const task of this.#frontier.tasks.values()) await task.lock?.release();
    }
    this.#skipTheRest();
    return {
      tasks: [...this.#frontier.tasks.values()],
      outputs: this.#frontier.outputs,
      environmentFailed: this.#environmentFailed,
      fault: this.#fault,
      otherDevice: this.#otherDevice,
      left: this.#left,
    };
  }

  /** Starts what can start; ends the run when nothing is in work and nothing can start. */
  #pump(): void {
    while (!this.#stop.signal.aborted && this.#busySlots < this.#options.executor.slots) {
      const task = this.#frontier.next(this.#claims.made);
      if (task === undefined) break;
      const { key } = this.#frontier.runnable(task);
      const twins = this.#inWork.get(key);
      if (twins !== undefined) {
        twins.push(task);
        continue;
      }
      this.#inWork.set(key, []);
      if (this.#isForOthers(task)) {
        this.#watch.add(task);
        continue;
      }
      this.#busySlots += 1;
      const start = () => this.#start(task, key);
      const { model } = task;
      const work =
        model === undefined ? start() : this.#claims.during(model, start, () => this.#frontier.isWanted(model));
      work
        .catch((error: unknown) => this.#crash(error))
        .finally(() => {
          this.#busySlots -= 1;
          this.#pump();
        });
    }
    const exhausted = this.#stop.signal.aborted || (this.#frontier.ready === 0 && this.#watch.size === 0);
    if (this.#busySlots === 0 && this.#waitingForOthers === 0 && exhausted) this.#finish();
  }

  #isForOthers({ isHelp, lock, model, step }: Task): boolean {
    if (this.#options.team?.takes(step) === false) return true;
    if (lock !== undefined || model === undefined || isHelp) return false;
    return this.#claims.isElsewhere(model);
  }

  /** A step that is not this runner's now. @returns whether its end is known, or it is this runner's again */
  async #lookAtOthers(task: Task, isFresh: boolean): Promise<boolean> {
    const { store, team } = this.#options;
    const { key } = this.#frontier.runnable(task);
    // While others were asked it may have been taken out of the watch.
    const isOff = () => task.isHelp || task.state !== 'running';
    if (isFresh) await store.refresh(key);
    if (isOff()) return false;
    const done = this.#recorded(task, key);
    const failure = done === undefined ? team!.failureOf(key) : undefined;
    if (done !== undefined) await this.#leave(task, key, () => this.#frontier.done(task, 'cached', done));
    else if (failure !== undefined) await this.#failAsElsewhere(task, key, failure);
    else if ((await this.#isBack(task)) && !isOff()) {
      task.isLeft = false;
      await this.#leave(task, key, () => this.#frontier.again(task));
    } else return false;
    return true;
  }

  /** Whether a watched step is for this runner after all. */
  async #isBack({ isLeft, model, step }: Task): Promise<boolean> {
    const { team } = this.#options;
    if (!team!.takes(step) || (isLeft && team!.othersTake(step))) return false;
    return model === undefined || this.#claims.hold(model);
  }

  /**
   * For half of the time after which this runner leaves it found nothing but steps whose models others have claims on. It
   * makes such a model as well, rather than let its device stand idle.
   * @returns whether there is such a step
   */
  #help(): boolean {
    const task = this.#watch.take(({ isLeft, step }) => !isLeft && this.#options.team!.takes(step));
    if (task === undefined) return false;
    task.isHelp = true;
    const { key } = this.#frontier.runnable(task);
    this.#leave(task, key, () => this.#frontier.again(task)).then(() => this.#pump(), this.#crash);
    return true;
  }

  /** Nothing could be done here for long: whoever needs this machine may have it. */
  #leaveTeam(): void {
    if (this.#stop.signal.aborted) return;
    this.#left = true;
    this.#fault = this.#watch.first((task) => outOfReach(task, this.#frontier.runnable(task).key, this.#options.store));
    this.#stop.abort();
  }

  async #start(task: Task, key: Digest): Promise<void> {
    const { situation, store, team } = this.#options;
    const { id } = task.step;
    // Another run may have taken it over while the step waited for a slot.
    if (task.lock?.lost.aborted) task.lock = undefined;
    // Before the lock, which costs more: of several runs each comes upon what the others have done.
    const isFailed = () => (done === undefined ? team?.failureOf(key) : undefined);
    let done = this.#recorded(task, key);
    if (done === undefined && !situation.forced(id)) {
      await store.ask(key);
      done = this.#recorded(task, key);
    }
    let failure = isFailed();
    if (done === undefined && failure === undefined) {
      if (task.lock === undefined && task.model !== undefined && !task.isHelp) {
        if (!(await this.#claims.hold(task.model))) {
          this.#watch.add(task);
          return;
        }
      }
      task.lock ??= await store.tryLock(key);
      if (task.lock === undefined) {
        this.#waitForOther(task, key).catch((error: unknown) => this.#crash(error));
        return;
      }
      await team?.refresh();
      done = this.#recorded(task, key);
      failure = isFailed();
    }
    if (failure !== undefined) return this.#failAsElsewhere(task, key, failure);
    if (done !== undefined) return this.#leave(task, key, () => this.#frontier.done(task, 'cached', done));
    const lock = task.lock!;
    const execute = () => this.#execute(task, key, lock);
    return this.#idle === undefined ? execute() : this.#idle.during(execute);
  }

  /** The outputs of a step that is done, unless it is to be done again. */
  #recorded({ step }: Task, key: Digest): Artifacts | undefined {
    const found = this.#options.store.lookUp(key, step.id);
    return found.status === 'hit' && !this.#isForced(step, key) ? found.action.outputs : undefined;
  }

  #isForced({ id }: Step, key: Digest): boolean {
    return this.#options.situation.forced(id) && !this.#ranKeys.has(key);
  }

  /** Another runner of the team could not do it. */
  async #failAsElsewhere(task: Task, key: Digest, failure: SharedFailure): Promise<void> {
    await this.#leave(task, key, () => this.#fail(task, new FailedElsewhereError(failure)));
    if (!this.#options.keepGoing) this.#stop.abort();
  }

  /** Another run has the lock. The slot is free for other steps meanwhile. */
  async #waitForOther(task: Task, key: Digest): Promise<void> {
    const { events, store } = this.#options;
    this.#waitingForOthers += 1;
    try {
      const onWait = (wait: LockWait) => events.publish(waitingEvent(task.step, wait, store.runOf(wait.owner)));
      const force = this.#isForced(task.step, key);
      const claimed = await store.waitForLock(key, { force, signal: this.#stop.signal, onWait });
      if ('lock' in claimed) task.lock = claimed.lock;
      await this.#leave(task, key, () => {
        if ('action' in claimed) this.#frontier.done(task, 'cached', claimed.action.outputs);
        else this.#frontier.again(task);
      });
    } catch (error) {
      if (!(error instanceof InterruptedError)) throw error;
      // Nothing more is to be started: it counts as a step that was not.
      await this.#leave(task, key, () => {
        task.state = 'waiting';
      });
    } finally {
      this.#waitingForOthers -= 1;
      this.#pump();
    }
  }

  async #execute(task: Task, key: Digest, lock: Lock): Promise<void> {
    const { events, executor, expectedOf, reasonOf, signal, situation, store, versions, workflow } = this.#options;
    const { id, kind, group, cost } = task.step;
    const { fingerprint } = this.#frontier.runnable(task);
    const { attempt } = task;
    // Any other step that wants the device frees the model.
    if (situation.declarations[kind]?.usesDevice) this.#claims.made = task.model;
    const work = { ...(cost === undefined ? {} : { cost }), expected: expectedOf(task.step) };
    events.publish({ type: 'step-started', step: id, kind, group, attempt, reason: reasonOf(id), ...work });
    const started = new Date();
    const stop = new EitherSignal(signal, lock.lost);
    try {
      const observer = observerOf(task.step, events);
      const bringing = { unit: 'bytes', note: 'from the remote store' };
      await store.bring(inputsOf(task.step, this.#frontier.outputs), (done, total) =>
        observer.progress({ done, total, ...bringing }),
      );
      const job = jobOf(task.step, { key, lock: lock.token }, this.#frontier.outputs, store);
      const made = await executor.execute(job, observer, stop.signal);
      if (!(await lock.isOurs())) return await this.#lose(task, key);
      const seconds = (Date.now() - started.getTime()) / 1000;
      const provenance = { workflow, step: id, started: started.toISOString(), seconds, versions };
      const forced = situation.forced(id);
      const difference = await store.record({ key, ...fingerprint, outputs: made, ...provenance }, { replace: forced });
      if (difference !== undefined) events.publish(differenceWarning(id, difference, { host: store.host, forced }));
      const outputs = difference === undefined || forced ? made : difference.earlier.outputs;
      await store.removeScratch(key, lock.token);
      await this.#leave(task, key, () => {
        const bytes = Object.values(outputs).reduce((sum, artifact) => sum + artifact.bytes, 0);
        task.seconds = seconds;
        events.publish({ type: 'step-finished', step: id, group, key, seconds, bytes });
        this.#ranKeys.add(key);
        this.#losses.done(kind);
        this.#frontier.done(task, 'ran', outputs);
      });
    } catch (error) {
      if (!signal.aborted && (await isLost(lock))) await this.#lose(task, key);
      else await this.#recover(error, task, key);
    } finally {
      stop.end();
    }
  }

  /** Another run has taken the step over. What it makes is as good: the step is looked up again, and that run waited for. */
  async #lose(task: Task, key: Digest): Promise<void> {
    const { id } = task.step;
    const message = `${id}: another run has taken it over, because this one gave no sign of life for too long`;
    this.#options.events.publish({ type: 'warning', message, hint: 'What the other run makes of it is used.' });
    task.lock = undefined;
    await this.#leave(task, key, () => this.#frontier.again(task));
  }

  /** What becomes of a step that could not be done. */
  async #recover(error: unknown, task: Task, key: Digest): Promise<void> {
    const { events, keepGoing, redacted, signal, store, team } = this.#options;
    const { id } = task.step;
    if (signal.aborted || error instanceof OtherDeviceError) {
      if (error instanceof OtherDeviceError) this.#otherDevice = error.deviceClass;
      await this.#leave(task, key, () => {
        task.state = 'interrupted';
      });
      this.#stop.abort();
      return;
    }
    const lost = await lostInputs(task, this.#frontier, store);
    if (lost.length > 0) {
      events.publish({
        type: 'warning',
        message: `${id}: ${messageOf(error)}`,
        hint: `Made again now: ${listedNames(lost, 3)}.`,
      });
      return this.#leave(task, key, () => this.#frontier.remake(lost, task));
    }
    const next = await this.#losses.after(error, task, key);
    if (next !== 'fail') return this.#tryAgain(error, task, key, next);
    // With the lock in hand, so that whoever gets it next knows.
    await team?.failed(key, sharedFailure(task.step, error, store.host, redacted));
    await this.#leave(task, key, () => this.#fail(task, error));
    if (error instanceof EnvironmentError) this.#environmentFailed = true;
    if (error instanceof EnvironmentError || !keepGoing) this.#stop.abort();
  }

  async #tryAgain(error: unknown, task: Task, key: Digest, next: Exclude<AfterLoss, 'fail'>): Promise<void> {
    const { message, hint } = failedEvent(task.step, error, this.#options.redacted);
    const problem = `${task.step.id}: ${message}`;
    this.#options.events.publish({ type: 'warning', message: problem, hint: wordsOf(next, hint) });
    task.attempt += 1;
    if (next === 'again') return this.#leave(task, key, () => this.#frontier.again(task));
    if (next === 'others') {
      task.isLeft = true;
      await task.lock?.release();
      task.lock = undefined;
      this.#watch.add(task);
      return;
    }
    this.#fault = problem;
    this.#environmentFailed = true;
    await this.#leave(task, key, () => {
      task.state = 'waiting';
    });
    this.#stop.abort();
  }

  /** Skips what was not started yet: after a failure, without --keep-going. */
  #skipTheRest(): void {
    const { events, signal } = this.#options;
    const failed = [...this.#frontier.tasks.values()].find(({ state }) => state === 'failed');
    if (failed === undefined || signal.aborted || this.#left) return;
    for (const task of this.#frontier.tasks.values()) {
      if (task.state !== 'waiting' && task.state !== 'ready') continue;
      task.state = 'skipped';
      task.problem = `not started after ${failed.step.id} failed`;
      const { id, group } = task.step;
      events.publish({ type: 'step-skipped', step: id, group, because: task.problem });
    }
  }

  #fail(task: Task, error: unknown): void {
    const { events, redacted } = this.#options;
    const failed = failedEvent(task.step, error, redacted);
    events.publish(failed);
    for (const { step, problem } of this.#frontier.fail(task, failed.message)) {
      events.publish({ type: 'step-skipped', step: step.id, group: step.group, because: problem! });
    }
  }

  /** The step is off its key: `settle` says what became of it, the lock is released unless it goes on, twins look again. */
  async #leave(task: Task, key: Digest, settle: () => void): Promise<void> {
    settle();
    if (task.state !== 'ready') {
      await task.lock?.release();
      task.lock = undefined;
    }
    const twins = this.#inWork.get(key) ?? [];
    this.#inWork.delete(key);
    for (const twin of twins) this.#frontier.lookAgain(twin);
  }
}

/** Whether another run works on what this one could not do. A disk that cannot be read says nothing of that. */
async function isLost(lock: Lock): Promise<boolean> {
  return !(await lock.isOurs().catch(() => true));
}
