import type { Artifacts } from '../../formats/artifact.js';
import type { Digest } from '../../formats/digest.js';
import type { Outcome } from '../../plan/resolve.js';
import type { Step } from '../../steps/step.js';
import { ReadyQueue } from './ready-queue.js';
import { newTask, type Task } from './task.js';

export interface FrontierOptions {
  /** Steps in plan order, with all that they need. */
  readonly steps: readonly Step[];
  readonly sources: ReadonlyMap<string, Artifacts>;
  /** What resolve found; kept up to date, so that explanations stay true while the run goes on. */
  readonly outcomes: Map<string, Outcome>;
  /** Looks up a step all of whose inputs are known now. */
  readonly resolve: (step: Step, outputs: ReadonlyMap<string, Artifacts>) => Outcome;
  readonly onCached: (task: Task, key: Digest) => void;
  /** Whether others should do a step: it comes after all that they need not do. */
  readonly leaves: (step: Step) => boolean;
  /** Rank by position in the plan: of the steps that are ready, the lowest goes first. Default: that position. */
  readonly ranks?: ArrayLike<number>;
  /** The model that is made for a ready step. Default: none is told from another. */
  readonly modelOf?: (task: Task) => Digest | undefined;
}

/**
 * How far a run has come: which steps wait, are ready, are done. When an input becomes known its dependents are looked up
 * by their new keys, so that an input that came out as before stops the invalidation there. No I/O but `resolve`, no
 * recursion: a chain may be as long as it likes.
 */
export class Frontier {
  readonly tasks = new Map<string, Task>();
  readonly outputs: Map<string, Artifacts>;
  readonly #options: FrontierOptions;
  readonly #ready: ReadyQueue<Task>;
  /** Ready steps that others should do. */
  readonly #leftToOthers: ReadyQueue<Task>;
  /**
   * Ready steps by the model that is made for them. They are in the other queues as well: what was taken from one is passed
   * over in the other, for it is not ready any more.
   */
  readonly #ofModel = new Map<Digest, { readonly queue: ReadyQueue<Task>; ready: number }>();
  readonly #rankOf: (task: Task) => number;
  #readySteps = 0;

  constructor(options: FrontierOptions) {
    this.#options = options;
    this.#rankOf = ({ index }) => options.ranks?.[index] ?? index;
    this.#ready = new ReadyQueue(this.#rankOf);
    this.#leftToOthers = new ReadyQueue(this.#rankOf);
    this.outputs = new Map(options.sources);
    for (const [index, step] of options.steps.entries()) this.#add(newTask(step, index));
  }

  get ready(): number {
    return this.#readySteps;
  }

  /** Whether a step of this model is ready. */
  isWanted(model: Digest): boolean {
    return (this.#ofModel.get(model)?.ready ?? 0) > 0;
  }

  /**
   * The ready step that goes first; it is running from now on.
   * @param model steps that run it go before all others
   */
  next(model?: Digest): Task | undefined {
    const ofModel = model === undefined ? undefined : this.#ofModel.get(model)?.queue;
    const task = (ofModel && firstReady(ofModel)) ?? this.#firstOfOurs() ?? firstReady(this.#leftToOthers);
    if (task === undefined) return undefined;
    task.state = 'running';
    this.#readySteps -= 1;
    if (task.model !== undefined) this.#ofModel.get(task.model)!.ready -= 1;
    return task;
  }

  /** The first ready step that others need not do. */
  #firstOfOurs(): Task | undefined {
    for (let task = firstReady(this.#ready); task !== undefined; task = firstReady(this.#ready)) {
      // Asked this late, for those others come and go.
      if (!this.#options.leaves(task.step)) return task;
      this.#leftToOthers.push(task);
    }
    return undefined;
  }

  /** The key and fingerprint of a step that must run and has all its inputs. */
  runnable(task: Task) {
    const outcome = this.#options.outcomes.get(task.step.id)!;
    if (outcome.status !== 'run' || outcome.key === undefined || outcome.fingerprint === undefined) {
      throw new Error(`${task.step.id} is not to be run`);
    }
    return { key: outcome.key, fingerprint: outcome.fingerprint };
  }

  /** The outputs of a step are known, because it ran or another run did it. */
  done(task: Task, state: 'ran' | 'cached', outputs: Artifacts): void {
    const { key, fingerprint } = this.runnable(task);
    this.#finish(task, state, { status: 'cached', key, fingerprint, outputs });
    this.#settle([task]);
  }

  /** Back into the queue: its worker was lost, or it was put aside. */
  again(task: Task): void {
    task.state = 'ready';
    task.model = this.#options.modelOf?.(task);
    this.#ready.push(task);
    this.#readySteps += 1;
    if (task.model === undefined) return;
    const ofModel = this.#ofModel.get(task.model) ?? { queue: new ReadyQueue(this.#rankOf), ready: 0 };
    this.#ofModel.set(task.model, ofModel);
    ofModel.queue.push(task);
    ofModel.ready += 1;
  }

  /** Looks a step up once more: another step with the same key has run. */
  lookAgain(task: Task): void {
    if (this.#lookUp(task)) this.#settle([task]);
  }

  /** @returns the steps that cannot run because of it */
  fail(task: Task, problem: string): Task[] {
    task.state = 'failed';
    task.problem = problem;
    const skipped: Task[] = [];
    const pending = [...task.dependents];
    for (let dependent = pending.pop(); dependent !== undefined; dependent = pending.pop()) {
      if (dependent.state !== 'waiting') continue;
      dependent.state = 'skipped';
      dependent.problem = `${task.step.id} failed`;
      skipped.push(dependent);
      pending.push(...dependent.dependents);
    }
    return skipped.sort((a, b) => a.index - b.index);
  }

  /** Steps whose outputs are damaged or gone are made again, then `task` has another go. */
  remake(producers: readonly string[], task: Task): void {
    task.state = 'waiting';
    for (const id of producers) {
      const producer = this.tasks.get(id)!;
      task.missing += 1;
      producer.dependents.push(task);
      if (producer.state !== 'ran' && producer.state !== 'cached') continue;
      if (this.#lookUp(producer)) this.#settle([producer]);
    }
  }

  #add(task: Task): void {
    const { step } = task;
    this.tasks.set(step.id, task);
    const outcome = this.#options.outcomes.get(step.id)!;
    if (outcome.status === 'cached') {
      this.#finish(task, 'cached', outcome);
      return;
    }
    const unknown = new Set(Object.values(step.inputs).map(({ node }) => node));
    for (const node of unknown) {
      if (this.outputs.has(node)) continue;
      task.missing += 1;
      this.tasks.get(node)!.dependents.push(task);
    }
    if (task.missing === 0) this.again(task);
  }

  #finish(task: Task, state: 'ran' | 'cached', outcome: Outcome & { status: 'cached' }): void {
    task.state = state;
    this.#options.outcomes.set(task.step.id, outcome);
    this.outputs.set(task.step.id, outcome.outputs);
    if (state === 'cached') this.#options.onCached(task, outcome.key);
  }

  /** @returns whether the step is cached; else it is ready now */
  #lookUp(task: Task): boolean {
    const outcome = this.#options.resolve(task.step, this.outputs);
    this.#options.outcomes.set(task.step.id, outcome);
    if (outcome.status === 'cached') this.#finish(task, 'cached', outcome);
    else this.again(task);
    return outcome.status === 'cached';
  }

  #settle(done: Task[]): void {
    for (let task = done.pop(); task !== undefined; task = done.pop()) {
      for (const dependent of task.dependents) {
        dependent.missing -= 1;
        if (dependent.missing === 0 && dependent.state === 'waiting' && this.#lookUp(dependent)) done.push(dependent);
      }
      task.dependents.length = 0;
    }
  }
}

function firstReady(queue: ReadyQueue<Task>): Task | undefined {
  let task = queue.pop();
  while (task !== undefined && task.state !== 'ready') task = queue.pop();
  return task;
}
