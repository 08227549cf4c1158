import { join, resolve } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { reasonText } from '../plan/explain-text.js';
import { stepDeclarations } from '../steps/registry.js';
import { DamagedObjectError } from '../store/object-store.js';
import type { ActiveRun } from '../store/runs.js';
import type { Store } from '../store/store.js';
import type { LoadedWorkflow } from '../workflow/workflow.js';
import { Catalog } from './catalog.js';
import { type ExpectedDevice, findDevice } from './device.js';
import type { EventBus } from './event-bus.js';
import type { Executor } from './executor.js';
import { groupTotals } from './group-totals.js';
import { pinHub } from './hub-pins.js';
import { missingJudgeKeys } from './judge-keys.js';
import { LocalExecutor } from './local-executor.js';
import { type Prepared, prepare } from './prepare.js';
import { ResultsFolder } from './results-folder.js';
import { runJson } from './run-json.js';
import { RunRecords } from './run-records.js';
import { Scheduler, type SchedulerResult } from './scheduler.js';
import { stepStore } from './step-store.js';
import { tidyStore } from './tidy-store.js';
import { versions } from './versions.js';
import { defaultWorkerLimits, type WorkerLimits } from './worker-process.js';

export interface RunOptions {
  readonly workflow: LoadedWorkflow;
  readonly store: Store;
  readonly events: EventBus;
  /** Folder for results; `results/<workflow name>` unless told. */
  readonly out?: string;
  /** False: leave the results folder alone. */
  readonly results?: boolean;
  readonly targets?: readonly string[];
  readonly force?: readonly string[];
  readonly keepGoing?: boolean;
  /** Refuse hub revisions that the lock file does not pin. */
  readonly locked?: boolean;
  readonly retries?: number;
  readonly limits?: WorkerLimits;
  /** Aborted at the first Ctrl-C: steps in work are asked to stop. */
  readonly signal?: AbortSignal;
  /** Aborted at the second: they are ended at once. */
  readonly killSignal?: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Runs a workflow: what is cached is taken, what is not is done, results are copied to the results folder. What happens is
 * told as events, `summary` last.
 *
 * @returns the exit code: done, a step failed, the environment is at fault, interrupted
 * @throws RunflowError when nothing could be started: the workflow does not fit its models, there is no device, …
 */
export async function runWorkflow(options: RunOptions): Promise<ExitCode> {
  const { workflow, store } = options;
  const run = await store.runs.begin(workflow);
  const session = new RunSession(options, run);
  let outcome: 'done' | 'failed' | 'interrupted' = 'failed';
  try {
    const exitCode = await session.run();
    outcome = exitCode === exitCodes.done ? 'done' : exitCode === exitCodes.interrupted ? 'interrupted' : 'failed';
    return exitCode;
  } finally {
    await session.close();
    await run.finish(outcome);
  }
}

class RunSession {
  readonly #options: RunOptions;
  readonly #run: ActiveRun;
  readonly #signal: AbortSignal;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #catalog: Catalog;
  readonly #results: ResultsFolder;
  readonly #records = new RunRecords();
  readonly #started = new Date();
  readonly #versions = versions();
  #device: ExpectedDevice | EnvironmentError | undefined;
  #executor: Executor | undefined;
  #commits: ReadonlyMap<string, string> = new Map();
  #prepared: Prepared | undefined;
  #environmentFailed = false;

  constructor(options: RunOptions, run: ActiveRun) {
    const { events, store, workflow } = options;
    this.#options = options;
    this.#run = run;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#environment = options.environment ?? process.env;
    this.#results = new ResultsFolder(resolve(options.out ?? join('results', workflow.name)), store, events);
    this.#catalog = new Catalog(workflow, store, {
      signal: this.#signal,
      onHashing: (progress) => events.publish({ type: 'hashing', ...progress }),
      onLeftOut: (message, hint) => events.publish({ type: 'warning', message, hint }),
    });
    options.killSignal?.addEventListener('abort', () => this.#executor?.kill());
  }

  async run(): Promise<ExitCode> {
    const { locked = false, workflow } = this.#options;
    this.#device = await findDevice(this.#environment);
    this.#commits = await pinHub(workflow, this.#environment, { locked, signal: this.#signal });
    try {
      await this.#rounds();
      return await this.#finish();
    } catch (error) {
      // Whoever reads the events is owed an end.
      if (this.#prepared !== undefined) this.#summarise(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#executor?.close();
  }

  /** Plans and does what can be planned, until there is nothing more to plan and all results are published. */
  async #rounds(): Promise<void> {
    let damaged = false;
    for (let round = 0; ; round++) {
      this.#prepared = await this.#prepare();
      this.#announce(this.#prepared, round);
      if (!(this.#options.keepGoing ?? false)) this.#checkKeys(this.#prepared, round);
      const { tasks, otherDevice } = await this.#schedule(this.#prepared);
      if (this.#signal.aborted) return;
      if (otherDevice !== undefined) {
        await this.#useOtherDevice(otherDevice);
        continue;
      }
      const fetched = tasks.some(({ state }) => state === 'ran');
      if (this.#prepared.plan.deferred.length > 0 && fetched && this.#records.counts().failed === 0) continue;
      try {
        await this.#results.publish(this.#prepared);
        return;
      } catch (error) {
        // The object is thrown away by now: another round makes it again.
        if (!(error instanceof DamagedObjectError) || damaged) throw error;
        damaged = true;
        this.#options.events.publish({ type: 'warning', message: error.message, hint: 'It is made again now.' });
      }
    }
  }

  #prepare(): Promise<Prepared> {
    const { workflow, store, targets = [], force = [] } = this.#options;
    const device = this.#device!;
    return prepare({
      workflow,
      store,
      catalog: this.#catalog,
      commits: this.#commits,
      deviceClass: device instanceof EnvironmentError ? device : device.deviceClass,
      targets,
      force,
      done: this.#records.ran(),
      lookUp: (key, step) => store.lookUp(key, { run: this.#run, step }),
    });
  }

  #announce(prepared: Prepared, round: number): void {
    const { events, workflow } = this.#options;
    const groups = groupTotals(prepared);
    const cached = groups.reduce((sum, group) => sum + group.cached, 0);
    const counts = { steps: prepared.steps.length, cached, groups };
    if (round > 0) {
      events.publish({ type: 'plan-extended', ...counts });
      return;
    }
    const time = this.#started.toISOString();
    events.publish({ type: 'run-started', run: this.#run.record.id, workflow: workflow.name, time, ...counts });
    if (prepared.plan.steps.length > 0 || prepared.plan.deferred.length > 0) return;
    const message = 'there is nothing to run';
    events.publish({ type: 'warning', message, hint: 'Only what a sweep or a metric needs is made: add one.' });
  }

  #checkKeys(prepared: Prepared, round: number): void {
    const { missing, later } = missingJudgeKeys(prepared, this.#options.workflow.metrics, this.#environment);
    if (missing !== undefined) throw missing;
    if (round > 0) return;
    for (const warning of later) this.#options.events.publish({ type: 'warning', ...warning });
  }

  async #schedule({ steps, outcomes, situation, explainer }: Prepared): Promise<SchedulerResult> {
    const { events, keepGoing = false, retries = 1, store, workflow } = this.#options;
    this.#executor ??= this.#newExecutor(situation.deviceClass);
    const result = await new Scheduler({
      steps,
      outcomes,
      situation,
      store: stepStore(store, this.#run),
      executor: this.#executor,
      events,
      reported: this.#records.told(),
      reasonOf: (step) => reasonText(explainer.explain(step)),
      workflow: workflow.name,
      versions: this.#versions,
      keepGoing,
      retries,
      signal: this.#signal,
    }).run();
    this.#records.add(result.tasks);
    this.#environmentFailed ||= result.environmentFailed;
    return result;
  }

  #newExecutor(deviceClass: string): Executor {
    const { events, limits = defaultWorkerLimits } = this.#options;
    const environment = this.#device instanceof EnvironmentError ? {} : this.#device!.variables;
    return new LocalExecutor({ declarations: stepDeclarations, events, deviceClass, environment, limits });
  }

  /** Keys were made for another device than the worker has. */
  async #useOtherDevice(deviceClass: string): Promise<void> {
    const expected = this.#device as ExpectedDevice;
    const message = `the device is ${deviceClass}, not ${expected.deviceClass}: the plan is made anew for it`;
    this.#options.events.publish({ type: 'warning', message });
    await this.#executor?.close();
    this.#executor = undefined;
    this.#device = { ...expected, deviceClass };
    this.#records.forgetInterrupted();
  }

  async #finish(): Promise<ExitCode> {
    const { events, store } = this.#options;
    const { ran, failed } = this.#records.counts();
    if (this.#options.results !== false) await this.#results.writeRunJson(this.#runJson());
    if (ran > 0) await tidyStore(store, events, this.#environment);
    this.#summarise();
    if (this.#signal.aborted) return exitCodes.interrupted;
    if (this.#environmentFailed) return exitCodes.environment;
    return failed > 0 ? exitCodes.stepFailed : exitCodes.done;
  }

  #runJson(): string {
    const { workflow, targets = [] } = this.#options;
    const device = this.#device instanceof EnvironmentError ? undefined : this.#device;
    return runJson({
      run: this.#run.record.id,
      workflow,
      prepared: this.#prepared!,
      records: this.#records,
      targets,
      device,
      versions: this.#versions,
      started: this.#started,
      finished: new Date(),
      interrupted: this.#signal.aborted,
    });
  }

  #summarise(problem?: string): void {
    const hasReport = this.#prepared?.outcomes.get('report')?.status === 'cached';
    this.#options.events.publish({
      type: 'summary',
      ...this.#records.counts(),
      interrupted: this.#signal.aborted,
      ...(problem === undefined ? {} : { problem }),
      seconds: (Date.now() - this.#started.getTime()) / 1000,
      results: this.#results.path,
      ...(hasReport ? { report: join(this.#results.path, 'report.html') } : {}),
    });
  }
}
