import { join, posix } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import type { Digest } from '../formats/digest.js';
import { reasonText } from '../plan/explain-text.js';
import { omissionTexts } from '../plan/omission-text.js';
import { stepContracts } from '../steps/contracts.js';
import { budgetTold, budgetWarning } from '../steps/judge-budget.js';
import { DamagedObjectError } from '../store/object-store.js';
import type { ActiveRun } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { hasMatrix, type Study } from '../workflow/study.js';
import { Chronicle } from './chronicle.js';
import { type ExpectedDevice, findDevice } from './device.js';
import { EarlierDurations } from './earlier-durations.js';
import { type EventBus, groupTotals } from './events.js';
import {
  defaultWorkerLimits,
  type Executor,
  type ExecutorName,
  OtherDeviceError,
  type WorkerLimits,
} from './executors/executor.js';
import { LoggingExecutor } from './executors/logging.js';
import { executors } from './executors/registry.js';
import { type PinnedCommits, pinHub } from './hub-pins.js';
import type { JointPart } from './joint/part.js';
import { missingJudgeKeys } from './judge-keys.js';
import { type JudgeRequests, judgeRequests } from './judge-requests.js';
import { type Prepared, prepare } from './prepare.js';
import { checkExecutables, checkVariables } from './programs/needs.js';
import type { StudyPrograms } from './programs/study-programs.js';
import { repositoryOf, type WorkflowRepository } from './repository.js';
import { type FolderContents, ResultsFolder, type RunPages } from './results/folder.js';
import { cellFolder } from './results/name.js';
import { settingsText } from './results/record.js';
import { runFacts } from './results/run-facts.js';
import { runJson, versions } from './results/run-json.js';
import { traceText } from './results/trace.js';
import { RunTimes } from './run-times.js';
import type { SchedulerResult } from './schedule/options.js';
import { RunRecords } from './schedule/run-records.js';
import { Scheduler } from './schedule/scheduler.js';
import { stepStore } from './schedule/step-store.js';
import { withoutSecrets } from './secrets.js';
import { StudyCatalog } from './study-catalog.js';
import { tidyStore } from './tidy-store.js';

/**
 * All that is damaged among the results is thrown away together, and what a step reads heals within a round. What is
 * damaged once more after so many rounds is on a disk that does not keep what is written.
 */
const mostMendingRounds = 3;

export interface RunOptions {
  readonly study: Study;
  readonly store: Store;
  readonly events: EventBus;
  /** Folder for results. Default: one below `results/` that the workflow's name and settings name. */
  readonly out?: string;
  /** False: leave the results folder alone. */
  readonly results?: boolean;
  readonly targets?: readonly string[];
  readonly force?: readonly string[];
  readonly keepGoing?: boolean;
  /** Words that name the run later. */
  readonly tags?: readonly string[];
  /** What it is for, when that is no `runflow run`. */
  readonly purpose?: 'export';
  /** Refuse hub revisions that the lock file does not pin. */
  readonly locked?: boolean;
  readonly retries?: number;
  /** Executor of the steps. Default: a process of this machine. */
  readonly executor?: ExecutorName;
  readonly limits?: WorkerLimits;
  /** Aborted at the first Ctrl-C: steps in work are asked to stop. */
  readonly signal?: AbortSignal;
  /** Aborted at the second: they are ended at once. */
  readonly killSignal?: AbortSignal;
  /**
   * Digests of the programs of the user's that may be run (`allowPrograms` tells them). A workflow with another program
   * is refused before anything is run or fetched. Default: none.
   */
  readonly allowed?: ReadonlySet<Digest>;
  readonly environment?: NodeJS.ProcessEnv;
  /** The session is a part of a joint run, which others have begun. */
  readonly part?: JointPart;
}

/** A run from its plan to its results. */
export class RunSession {
  readonly #options: RunOptions;
  readonly #run: ActiveRun;
  readonly #signal: AbortSignal;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #catalog: StudyCatalog;
  /** Absent of a runner: its joint run is written down by whoever publishes it. */
  readonly #chronicle: Chronicle | undefined;
  readonly #durations: EarlierDurations;
  /** Takes out of a text what must not be kept. */
  readonly redacted: (text: string) => string;
  readonly #results: ResultsFolder | undefined;
  readonly #records = new RunRecords();
  readonly #started: Date;
  readonly #times: RunTimes;
  readonly #versions = versions();
  #device: ExpectedDevice | EnvironmentError | undefined;
  #executor: Executor | undefined;
  #commits: PinnedCommits = new Map();
  #prepared: Prepared | undefined;
  #repository: Promise<WorkflowRepository | undefined> | undefined;
  #contents: FolderContents | undefined;
  readonly #budgetsTold = new Set<string>();
  #environmentFailed = false;
  #fault: string | undefined;
  #isUnfinished = false;
  readonly #told = new Set<string>();

  /** @param place the results folder; undefined when it is to be left alone */
  constructor(options: RunOptions, run: ActiveRun, place: string | undefined, programs: StudyPrograms) {
    const { events, store, study } = options;
    this.#options = options;
    this.#run = run;
    this.#started = options.part?.started ?? new Date();
    this.#signal = options.signal ?? new AbortController().signal;
    this.#environment = options.environment ?? process.env;
    this.#times = new RunTimes(events, () => this.#seconds());
    const named = programs.all.flatMap(({ program }) => program.env);
    this.redacted = withoutSecrets(this.#environment, new Set(named));
    this.#durations = new EarlierDurations(store, run.record);
    this.#chronicle = options.part?.team === undefined ? new Chronicle(store, run, events, this.redacted) : undefined;
    const { id } = run.record;
    const ofRun = { id, workflowFile: study.file, settings: settingsText(study) };
    this.#results = place === undefined ? undefined : new ResultsFolder(place, store, events, ofRun);
    this.#catalog = new StudyCatalog(study, store, {
      programs,
      signal: this.#signal,
      onHashing: (progress) => events.publish({ type: 'hashing', ...progress }),
      onLeftOut: (message, hint) => events.publish({ type: 'warning', message, hint }),
    });
    options.killSignal?.addEventListener('abort', () => this.#executor?.kill());
  }

  async run(): Promise<ExitCode> {
    const { locked = false, part, targets = [], study } = this.#options;
    await this.#chronicle?.begin(study, targets, this.#versions);
    this.#device = part === undefined ? await findDevice(this.#environment) : await part.device();
    this.#commits = part?.commits ?? (await pinHub(study, this.#environment, { locked, signal: this.#signal }));
    try {
      await this.#rounds();
      return await this.#finish();
    } catch (error) {
      // Whoever reads the events is owed an end.
      if (this.#prepared !== undefined)
        this.#summarise(this.redacted(error instanceof Error ? error.message : String(error)));
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#executor?.close();
    const seconds = this.#seconds();
    const counts = this.#records.counts();
    await this.#chronicle?.end({ seconds, device: this.#deviceFound(), counts, prepared: this.#prepared });
  }

  /** Plans and does what can be planned, until there is nothing more to plan and all results are published. */
  async #rounds(): Promise<void> {
    const { part } = this.#options;
    let mended = 0;
    for (let round = 0; ; round++) {
      this.#prepared = await this.#prepare();
      part?.check(this.#prepared);
      this.#announce(this.#prepared, round);
      this.#results?.check(this.#prepared);
      await this.#chronicle?.planned(this.#prepared);
      this.#tellNotes(this.#prepared);
      const judges = await judgeRequests(this.#prepared, this.#options.study, this.#options.store);
      if (part === undefined) {
        checkVariables(this.#prepared, this.#environment);
        checkExecutables(this.#prepared, this.#environment);
        if (!(this.#options.keepGoing ?? false)) this.#checkKeys(this.#prepared, judges, round);
      }
      await this.#checkBudgets(judges);
      const { progressed, otherDevice } = await this.#carryOut(this.#prepared);
      if (!this.#signal.aborted && otherDevice !== undefined) {
        await this.#useOtherDevice(otherDevice);
        continue;
      }
      if (!this.#signal.aborted && part !== undefined && (await this.#usesNamedDevice(part))) continue;
      if (!this.#signal.aborted && progressed && (await this.#hasMore(this.#prepared))) continue;
      try {
        await this.#publish(this.#prepared);
        return;
      } catch (error) {
        // What is damaged is thrown away by now: another round makes it again.
        if (!(error instanceof DamagedObjectError) || mended === mostMendingRounds) throw error;
        mended += 1;
        this.#options.events.publish({ type: 'warning', message: error.message, hint: 'It is made again now.' });
      }
    }
  }

  /** Whether what ran brings about steps that could not be planned before. */
  async #hasMore({ plan, steps }: Prepared): Promise<boolean> {
    if (this.#records.counts().failed > 0) return false;
    if (plan.deferred.length > 0) return true;
    // What the targets need is done: a table that they feed may be whole now.
    return (this.#options.targets ?? []).length > 0 && (await this.#prepare()).steps.length > steps.length;
  }

  async #publish(prepared: Prepared): Promise<void> {
    const { targets = [], events } = this.#options;
    if (this.#results === undefined) return;
    const isWhole = !this.#isInterrupted && !this.#environmentFailed && this.#records.counts().failed === 0;
    const complete = isWhole && targets.length === 0 && prepared.plan.deferred.length === 0;
    let text = '';
    this.#contents = await this.#results.publish(prepared, complete, this.#pages(prepared), (contents) => {
      text = this.#runJson(prepared, contents);
      return text;
    });
    await this.#chronicle?.published({ folder: this.#results.path, text });
    if (!isWhole || prepared.unmade.length === 0) return;
    const tables = prepared.unmade.map(({ files, lacking }) => `${files.join(', ')} (${lacking} more)`);
    const message = `not made, for they need more steps than the targets: ${tables.join('; ')}`;
    events.publish({ type: 'warning', message });
  }

  #prepare(): Promise<Prepared> {
    const { study, store, targets = [], force = [] } = this.#options;
    const device = this.#device!;
    return prepare({
      study,
      store,
      catalog: this.#catalog,
      commits: this.#commits,
      deviceClass: device instanceof EnvironmentError ? device : device.deviceClass,
      targets,
      force,
      done: this.#options.part?.forced ?? this.#records.ran(),
      lookUp: (key, step) => store.lookUp(key, { run: this.#run, step }),
    });
  }

  #announce(prepared: Prepared, round: number): void {
    const { events, study } = this.#options;
    const groups = groupTotals(prepared, (step) => this.#durations.expected(step, prepared.situation.deviceClass));
    const cached = groups.reduce((sum, group) => sum + group.cached, 0);
    const counts = { steps: prepared.steps.length, cached, groups };
    if (round > 0) {
      events.publish({ type: 'plan-extended', ...counts });
      return;
    }
    const time = this.#started.toISOString();
    const cells = hasMatrix(study) ? { cells: study.cells.map(({ label }) => label) } : {};
    events.publish({ type: 'run-started', run: this.#run.record.id, workflow: study.name, time, ...cells, ...counts });
  }

  #tellNotes({ plan }: Prepared): void {
    const omissions = omissionTexts(plan.omitted).map((text) => `left out of ${text}`);
    for (const message of [...omissions, ...plan.notes.map(({ of, text }) => `${of}: ${text}`)]) {
      if (this.#told.has(message)) continue;
      this.#told.add(message);
      this.#options.events.publish({ type: 'warning', message });
    }
  }

  #checkKeys(prepared: Prepared, judges: readonly JudgeRequests[], round: number): void {
    const { missing, later } = missingJudgeKeys(prepared, this.#options.study, judges, this.#environment);
    if (missing !== undefined) throw missing;
    if (round > 0) return;
    for (const warning of later) this.#options.events.publish({ type: 'warning', ...warning });
  }

  /** Warns of budgets that may not do, once each. Steps do where only they know how much there is to judge. */
  async #checkBudgets(judges: readonly JudgeRequests[]): Promise<void> {
    const { events, store } = this.#options;
    for (const requests of judges) {
      const warning = budgetWarning(requests);
      if (warning === undefined || this.#budgetsTold.has(requests.judge)) continue;
      this.#budgetsTold.add(requests.judge);
      await store.runValues.change<boolean>(this.#run.record.id, budgetTold(requests.judge), () => true);
      events.publish({ type: 'warning', ...warning });
    }
  }

  /** @returns whether a step was done, here or by another runner, and the class of the device when it is another one */
  async #carryOut(
    prepared: Prepared,
  ): Promise<{ readonly progressed: boolean; readonly otherDevice?: string | undefined }> {
    const { part } = this.#options;
    if (part?.told !== undefined) {
      this.#records.take(part.told.records(prepared));
      for (const failure of part.told.failures) this.#options.events.publish(failure);
      return { progressed: false };
    }
    const open = prepared.steps.filter(({ id }) => prepared.outcomes.get(id)?.status !== 'cached');
    const { tasks, otherDevice } = await this.#schedule(prepared);
    this.#isUnfinished = tasks.some(({ state }) => state === 'waiting' || state === 'ready' || state === 'interrupted');
    const done = new Set(tasks.flatMap(({ step, state }) => (state === 'ran' || state === 'cached' ? [step.id] : [])));
    // Alone, what others have done meanwhile tells nothing new: it was looked up.
    const progressed =
      tasks.some(({ state }) => state === 'ran') || (part !== undefined && open.some(({ id }) => done.has(id)));
    return { progressed, otherDevice };
  }

  async #schedule({ steps, outcomes, situation, explainer }: Prepared): Promise<SchedulerResult> {
    const { events, keepGoing = false, part, retries = 1, store, study } = this.#options;
    this.#executor ??= this.#newExecutor(situation.deviceClass);
    const result = await new Scheduler({
      steps,
      outcomes,
      situation,
      store: part === undefined ? stepStore(store, this.#run) : part.steps(stepStore(store, this.#run)),
      executor: this.#executor,
      events,
      reported: this.#records.told(),
      expectedOf: (step) => this.#durations.expected(step, situation.deviceClass),
      reasonOf: (step) => reasonText(explainer.explain(step)),
      workflow: study.name,
      versions: this.#versions,
      keepGoing,
      retries,
      redacted: this.redacted,
      signal: this.#signal,
      ...(part?.team && { team: part.team() }),
    }).run();
    this.#records.add(result.tasks);
    await this.#durations.keep(result.tasks, situation.deviceClass);
    this.#environmentFailed ||= result.environmentFailed;
    this.#fault ??= result.fault;
    return result;
  }

  #newExecutor(deviceClass: string): Executor {
    const { events, executor = 'local', limits = defaultWorkerLimits, store } = this.#options;
    const environment = this.#device instanceof EnvironmentError ? {} : this.#device!.variables;
    const plain = executors[executor]({ declarations: stepContracts, events, deviceClass, environment, limits });
    return new LoggingExecutor(plain, { logs: store.logs, events, redacted: this.redacted });
  }

  /** A joint run has got a class of device since it was planned: keys are made for that one. */
  async #usesNamedDevice(part: JointPart): Promise<boolean> {
    const named = part.namedDevice?.();
    if (named === undefined) return false;
    await this.#executor?.close();
    this.#executor = undefined;
    this.#device = named;
    return true;
  }

  /** Keys were made for another device than the worker has. */
  async #useOtherDevice(deviceClass: string): Promise<void> {
    const expected = this.#device as ExpectedDevice;
    if (this.#options.part !== undefined) throw new OtherDeviceError(expected.deviceClass, deviceClass);
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
    if (ran > 0 && this.#chronicle !== undefined) await tidyStore(store, events, this.#environment);
    this.#summarise(this.#options.part?.told?.fault);
    if (this.#isInterrupted) return exitCodes.interrupted;
    if (this.#environmentFailed || this.#options.part?.told?.fault !== undefined) return exitCodes.environment;
    return failed > 0 ? exitCodes.stepFailed : exitCodes.done;
  }

  /** Looked up once: the page of every cell tells of it. */
  #repositoryOfWorkflow(): Promise<WorkflowRepository | undefined> {
    this.#repository ??= repositoryOf(this.#options.study.file, this.#environment);
    return this.#repository;
  }

  /** What this run tells of itself in the folder. */
  #pages(prepared: Prepared): RunPages {
    const { targets = [], study } = this.#options;
    const { ran, failed } = this.#records.counts();
    const times = this.#options.part?.told?.times ?? this.#times.list();
    return {
      isNews: ran + failed > 0,
      timeline: () => traceText(times, study.name),
      reportPage: async (file, page, changes) => {
        const { withRunPart } = await import('../report/run/run-part.js');
        const folder = posix.dirname(file);
        const cell = hasMatrix(study) ? study.cells.find(({ label }) => cellFolder(label) === folder) : study.cells[0]!;
        const told = {
          run: this.#run.record.id,
          study,
          cell,
          targets,
          folder,
          prepared,
          records: this.#records,
          times,
          versions: this.#versions,
          started: this.#started,
          seconds: this.#seconds(),
          redacted: this.redacted,
          repository: await this.#repositoryOfWorkflow(),
          device: this.#deviceFound()?.description,
        };
        return withRunPart(page, await runFacts(told, changes));
      },
    };
  }

  get #isInterrupted(): boolean {
    return this.#signal.aborted || this.#options.part?.told?.isCancelled === true;
  }

  /** Whether a runner left steps to others, or to a later runner. */
  get isUnfinished(): boolean {
    return this.#isUnfinished;
  }

  /** The machine was at fault, not a step. */
  get environmentFailed(): boolean {
    return this.#environmentFailed;
  }

  #seconds(): number {
    return (Date.now() - this.#started.getTime()) / 1000;
  }

  #runJson(prepared: Prepared, contents: FolderContents): string {
    const { study, targets = [] } = this.#options;
    return runJson({
      run: this.#run.record.id,
      study,
      prepared,
      contents,
      records: this.#records,
      targets,
      device: this.#deviceFound() ?? undefined,
      versions: this.#versions,
      started: this.#started,
      finished: new Date(),
      interrupted: this.#isInterrupted,
      redacted: this.redacted,
    });
  }

  #deviceFound(): { readonly deviceClass: string; readonly description: string } | null {
    if (this.#device === undefined || this.#device instanceof EnvironmentError) return null;
    const { deviceClass, description } = this.#device;
    return { deviceClass, description };
  }

  /** What was the matter: the first step that failed, or that a runner had to leave to others, with its message. */
  get problem(): string | undefined {
    const failed = this.#prepared?.steps.find(({ id }) => this.#records.get(id)?.state === 'failed');
    return failed === undefined ? this.#fault : `${failed.id}: ${this.#records.get(failed.id)?.problem}`;
  }

  #summarise(problem?: string): void {
    const results = this.#results?.path;
    const report = this.#contents?.files.find(({ file, current }) => file === 'report.html' && current);
    this.#options.events.publish({
      type: 'summary',
      ...this.#records.counts(),
      interrupted: this.#isInterrupted,
      ...(problem === undefined ? {} : { problem }),
      seconds: this.#seconds(),
      ...(results === undefined ? {} : { results }),
      ...(results === undefined || report === undefined ? {} : { report: join(results, report.file) }),
    });
  }
}
