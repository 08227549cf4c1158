import { InterruptedError } from '../../../../src/diagnostics/errors.js';
import type { Action } from '../../../../src/formats/action.js';
import type { Artifact, Artifacts } from '../../../../src/formats/artifact.js';
import type { Digest } from '../../../../src/formats/digest.js';
import { resolve, type Situation } from '../../../../src/plan/resolve.js';
import { EventBus, type RunEvent } from '../../../../src/run/events.js';
import type { Executor, JobObserver } from '../../../../src/run/executors/executor.js';
import type { SchedulerOptions, SchedulerResult } from '../../../../src/run/schedule/options.js';
import { Scheduler } from '../../../../src/run/schedule/scheduler.js';
import type { StepStore } from '../../../../src/run/schedule/step-store.js';
import type { SharedFailure, Team } from '../../../../src/run/schedule/team.js';
import type { Step } from '../../../../src/steps/step.js';
import type { Lock, LockWait } from '../../../../src/store/locks.js';
import type { Job } from '../../../../src/worker/protocol.js';
import { artifact, MemoryStore, situationOf } from '../../plan/memory-store.js';

/** A store in memory whose locks can be held by somebody else. */
export class FakeStepStore implements StepStore {
  readonly path = '/store';
  readonly run = 'run';
  readonly memory: MemoryStore;
  /** Keys that another run works on, with what it will have done in the end; undefined: it gives up. */
  readonly others = new Map<Digest, (() => void) | undefined>();
  readonly held = new Set<Digest>();
  /** Steps that were recorded without their lock. */
  readonly unlocked: string[] = [];
  /** Keys whose locks were asked for. */
  readonly asked: Digest[] = [];
  readonly host = 'node-2';
  readonly #lost = new Map<Digest, AbortController>();
  readonly removedScratch: Digest[] = [];

  constructor(memory: MemoryStore) {
    this.memory = memory;
  }
  lookUp(key: Digest) {
    return this.memory.lookUp(key);
  }
  /** What a remote store has of keys that become known in the run. */
  readonly remote = new Map<Digest, Action>();
  async ask(key: Digest) {
    const action = this.remote.get(key);
    if (action !== undefined) this.memory.record(action);
  }
  async bring(artifacts: readonly Artifact[]) {
    for (const one of artifacts) this.broughtFor.push(one.digest);
  }
  readonly broughtFor: Digest[] = [];
  async tryLock(key: Digest) {
    this.asked.push(key);
    if (this.others.has(key) || this.held.has(key)) return undefined;
    return this.#lock(key);
  }
  async waitForLock(key: Digest, options: { force: boolean; signal: AbortSignal; onWait: (wait: LockWait) => void }) {
    options.onWait({ owner: { host: 'h', pid: 7, start: '' }, here: false });
    do {
      await new Promise((resume) => setTimeout(resume, 5));
      if (options.signal.aborted) throw new InterruptedError('interrupted');
    } while (this.held.has(key));
    this.others.get(key)?.();
    this.others.delete(key);
    const found = this.lookUp(key);
    return found.status === 'hit' && !options.force ? { action: found.action } : { lock: this.#lock(key) };
  }
  async tryLockModel(model: Digest) {
    return this.held.has(model) ? undefined : this.#lock(model);
  }
  async refresh() {}
  runOf() {
    return { run: 'r7', workflow: 'other' };
  }
  has = ({ digest }: { digest: Digest }) => this.memory.objects.has(digest) || digest === artifact('source').digest;
  async check() {}
  async record(action: Parameters<StepStore['record']>[0], { replace }: { replace: boolean }) {
    if (!this.held.has(action.key)) this.unlocked.push(action.step);
    const earlier = this.memory.actions.get(action.key);
    if (earlier === undefined || replace) this.memory.record(action);
    const outputs = Object.keys(action.outputs).filter(
      (name) => earlier?.outputs[name]?.digest !== action.outputs[name]!.digest,
    );
    return earlier === undefined || outputs.length === 0 ? undefined : { earlier, outputs };
  }
  async removeScratch(key: Digest) {
    this.removedScratch.push(key);
  }
  /** Another run takes the lock on a key over, and will have done this in the end. */
  lose(key: Digest, then: (() => void) | undefined): void {
    this.held.delete(key);
    this.others.set(key, then);
    this.#lost.get(key)!.abort();
  }
  #lock(key: Digest): Lock {
    this.held.add(key);
    const lost = new AbortController();
    this.#lost.set(key, lost);
    return {
      token: 't',
      lost: lost.signal,
      isOurs: async () => !lost.signal.aborted,
      release: async () => void this.held.delete(key),
    };
  }
}

export type Behaviour = (job: Job, signal: AbortSignal) => Promise<string | undefined> | string | undefined;

/** Does what a test says for each step; the output is the text it returns, or else the step's id. */
export class FakeExecutor implements Executor {
  readonly slots: number;
  readonly executed: string[] = [];
  inWork = 0;
  mostInWork = 0;
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour = () => undefined, slots = 1) {
    this.#behaviour = behaviour;
    this.slots = slots;
  }
  async execute(job: Job, _observer: JobObserver, signal: AbortSignal): Promise<Artifacts> {
    this.executed.push(job.step);
    this.inWork += 1;
    this.mostInWork = Math.max(this.mostInWork, this.inWork);
    try {
      const text = await this.#behaviour(job, signal);
      await new Promise((resume) => setImmediate(resume));
      return { out: artifact(text ?? job.step) };
    } finally {
      this.inWork -= 1;
    }
  }
  kill() {}
  async close() {}
}

export interface Run extends SchedulerResult {
  readonly executed: readonly string[];
  readonly events: readonly RunEvent[];
  readonly states: Readonly<Record<string, string>>;
  readonly store: FakeStepStore;
}

/** A scheduler of what is given, and of defaults for the rest. */
export function schedulerOf(
  steps: readonly Step[],
  given: Pick<SchedulerOptions, 'situation' | 'store'> & Partial<SchedulerOptions>,
): Scheduler {
  return new Scheduler({
    steps,
    outcomes: resolve(steps, given.situation),
    situation: given.situation,
    store: given.store,
    executor: given.executor ?? new FakeExecutor(),
    events: given.events ?? new EventBus(),
    reported: given.reported ?? new Set(),
    expectedOf: given.expectedOf ?? (() => ({ least: 0 })),
    reasonOf: () => 'because',
    workflow: 'test',
    versions: {},
    keepGoing: given.keepGoing ?? false,
    retries: given.retries ?? 1,
    redacted: (text) => text.replaceAll('hush', '[SECRET]'),
    signal: given.signal ?? new AbortController().signal,
    ...(given.team === undefined ? {} : { team: given.team }),
  });
}

/** The view that one runner has of its team: it takes every step, and knows of the failures that all runners share. */
export function teamOf(
  failures: Map<Digest, SharedFailure>,
  {
    takes = () => true,
    leaves = () => false,
    othersTake = () => false,
    idleMilliseconds = 60_000,
    ...own
  }: Partial<Team> = {},
): Team {
  return {
    takes,
    leaves,
    refresh: async () => {},
    failureOf: (key) => failures.get(key),
    failed: async (key, failure) => void failures.set(key, failure),
    othersTake,
    lost: own.lost ?? (async () => 1),
    drain: own.drain ?? new AbortController().signal,
    idleMilliseconds,
  };
}

/** Runs steps to the end with fakes; every lock must be free afterwards. */
export async function runSteps(
  steps: readonly Step[],
  options: {
    memory?: MemoryStore;
    store?: FakeStepStore;
    executor?: FakeExecutor;
    situation?: Partial<Situation>;
  } & Partial<Pick<SchedulerOptions, 'keepGoing' | 'retries' | 'signal' | 'reported' | 'team' | 'expectedOf'>> = {},
): Promise<Run> {
  const store = options.store ?? new FakeStepStore(options.memory ?? new MemoryStore());
  const situation = situationOf(store.memory, options.situation);
  const executor = options.executor ?? new FakeExecutor();
  const bus = new EventBus();
  const events: RunEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const result = await schedulerOf(steps, { ...options, situation, store, executor, events: bus }).run();
  if (store.unlocked.length > 0) throw new Error(`recorded without a lock: ${store.unlocked}`);
  if (options.team === undefined && store.held.size > 0) throw new Error(`locks left behind: ${[...store.held]}`);
  const states = Object.fromEntries(result.tasks.map(({ step, state }) => [step.id, state]));
  return { ...result, executed: executor.executed, events, states, store };
}
