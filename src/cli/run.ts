import { relative } from 'node:path';
import { RunflowError, UsageError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { checkedTags } from '../history/find-run.js';
import { EventBus, type RunEvent } from '../run/events.js';
import { defaultWorkerLimits } from '../run/executors/executor.js';
import { selectRenderer } from '../run/render/select.js';
import type { RunOptions } from '../run/run.js';
import type { Study } from '../workflow/study.js';
import { WatchedCommands } from './allow-commands.js';
import type { Command, Invocation } from './command.js';
import { folderOption } from './folder-option.js';
import { type Interruption, listenForSignals } from './interruption.js';
import { loadOptions, studyNamed } from './load-workflow.js';
import { type NotifyCommand, notify, notifyCommand } from './notify.js';
import { openFile } from './open-report.js';
import { openedStore } from './opened-store.js';
import { type Placement, placementOf, placementOptions } from './placement.js';
import { command as planCommand } from './plan.js';
import { planOptions } from './prepared.js';
import { connectRemote } from './remote-option.js';
import { reportError } from './report-error.js';
import { isOfCommandLine, nextChange, pathsOfBroken, snapshotOf, watchedPaths } from './watch.js';
import { wholeNumber } from './whole-number.js';

export const command: Command = {
  name: 'run',
  usage: 'FILE [TARGET…]',
  summary: 'Run a workflow: what is cached is taken, the rest is done',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['workflow', 'target'],
  options: {
    ...planOptions,
    force: { ...planOptions.force, description: 'Run steps that match though they are cached; without a pattern all' },
    out: { description: 'Folder for results, instead of one below results/', value: 'DIR', completes: 'folder' },
    'keep-going': { description: 'After a failure go on with what does not depend on it', short: 'k' },
    'dry-run': { description: 'Only say what would run, as runflow plan does', short: 'n' },
    json: { description: 'Print events as JSON, one a line; the last is the summary' },
    ...placementOptions,
    retries: { description: 'How often a step is tried again when its worker was lost (1)', value: 'N' },
    'device-timeout': { description: 'Seconds after which one piece of work on the device hangs (300)', value: 'S' },
    tag: { description: 'A word that names the run for runflow runs, show, diff, …', value: 'NAME', multiple: true },
    locked: { description: 'Refuse hub revisions that the lock file does not pin' },
    watch: {
      description: 'Run again whenever a file of the workflow, its data or a checkpoint changes; Ctrl-C ends it',
    },
    'allow-changed-commands': {
      description: 'With --watch and --allow-commands: run programs that have changed, too, without asking',
    },
    open: { description: 'Open the report at the end' },
    notify: {
      description: 'Program that gets the summary as JSON at the end, or ["program", "argument"]; else RUNFLOW_NOTIFY',
      value: 'COMMAND',
    },
  },
  details: [
    'A TARGET is the name of a sweep, metric, update or model, a kind of step, or a pattern of step ids, such as',
    "'svd[alignment,*q_proj*]'; only what it needs is run. Ctrl-C stops cleanly, a second one at once; the same command",
    'then goes on where it was. With --executor slurm or command Ctrl-C cancels all runners; a terminal that is closed ends nothing,',
    'and the same command follows the run again.',
    'Exit codes: 0 done, 1 a step failed, 2 invalid workflow or usage, 3 environment, 130 interrupted.',
  ].join('\n'),
  async run(invocation) {
    const placement = placementOf(invocation);
    const deviceBusySeconds = wholeNumber(invocation, 'device-timeout') ?? defaultWorkerLimits.deviceBusySeconds;
    const out = folderOption(invocation, 'out');
    const options = {
      targets: invocation.positionals.slice(1),
      tags: checkedTags(invocation.values('tag')),
      force: invocation.values('force'),
      keepGoing: invocation.switch('keep-going'),
      locked: invocation.switch('locked'),
      retries: wholeNumber(invocation, 'retries') ?? 1,
      limits: { ...defaultWorkerLimits, deviceBusySeconds },
      ...(out === undefined ? {} : { out }),
    };
    if (invocation.switch('watch') && invocation.switch('dry-run')) {
      const hint = 'Leave out one: --dry-run says once what would run, --watch runs it again and again.';
      throw new UsageError('--watch and --dry-run do not go together', { hint });
    }
    const told = notifyCommand(invocation.value('notify'), process.env);
    if (invocation.switch('dry-run')) return planCommand.run(invocation);
    const commands = new WatchedCommands(invocation);
    const interruption = listenForSignals({ leaves: placement.isElsewhere });
    const once = (study: Study) => runOnce(study, { invocation, placement, commands, options, interruption, told });
    try {
      if (invocation.switch('watch')) return await runOnChanges(invocation, once, commands, interruption.stop);
      return await once(await studyNamed(invocation.positionals[0]!, loadOptions(invocation)));
    } finally {
      interruption.end();
    }
  },
};

type Once = (study: Study) => Promise<ExitCode>;

/** What an invocation asks for, besides the study. */
interface Asked {
  readonly invocation: Invocation;
  readonly placement: Placement;
  readonly commands: WatchedCommands;
  readonly options: Omit<RunOptions, 'study' | 'allowed' | 'store' | 'events'>;
  readonly interruption: Pick<Interruption, 'stop' | 'kill'>;
  readonly told: NotifyCommand | undefined;
}

/** Runs a workflow, then says so to whoever asked for it: what they do changes no exit code. */
async function runOnce(
  study: Study,
  { invocation, placement, commands, options, interruption, told }: Asked,
): Promise<ExitCode> {
  const allowed = await commands.allowed(study.cells.map(({ workflow }) => workflow));
  const store = openedStore(invocation);
  const events = new EventBus();
  const warning = (message: string, hint = '') => events.publish({ type: 'warning', message, hint });
  await connectRemote(store, invocation, { keep: true, signal: interruption.stop, warn: warning });
  const renderer = await selectRenderer(process.stdout, { json: invocation.switch('json') });
  events.subscribe((event) => renderer.handle(event));
  let summary: Extract<RunEvent, { type: 'summary' }> | undefined;
  events.subscribe((event) => {
    if (event.type === 'summary') summary = event;
  });
  let exitCode: ExitCode = exitCodes.stepFailed;
  let problem: string | undefined;
  try {
    const { stop: signal, kill: killSignal } = interruption;
    exitCode = await placement.carryOut({ ...options, study, allowed, store, events, signal, killSignal });
    return exitCode;
  } catch (error) {
    if (error instanceof RunflowError) exitCode = error.exitCode;
    problem = error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    await renderer.close();
    const { name, file, profile = null } = study;
    const message = { workflow: name, file, profile, exitCode, problem: problem ?? null, summary: summary ?? null };
    if (told !== undefined) warn('the notification failed', await notify(told, message));
    if (invocation.switch('open') && !interruption.stop.aborted) await open(summary?.report);
  }
}

async function open(report: string | undefined): Promise<void> {
  if (report === undefined) return warn('cannot open the report', 'this run has made none');
  const why = await openFile(report);
  if (why !== undefined) warn('cannot open the report', `${why}. It is ${report}`);
}

function warn(what: string, why: string | undefined): void {
  if (why !== undefined) process.stderr.write(`warning: ${printableLine(`${what}: ${why}`)}\n`);
}

/**
 * Runs, waits for a change, and runs again until the signal. What is wrong is said, and mended by the next change.
 * @throws InvalidWorkflowError at the beginning, when the command line is at fault, which no change of a file mends
 */
async function runOnChanges(
  invocation: Invocation,
  once: Once,
  commands: WatchedCommands,
  signal: AbortSignal,
): Promise<ExitCode> {
  const file = invocation.positionals[0]!;
  const options = loadOptions(invocation);
  for (let isFirst = true; ; isFirst = false) {
    let paths = () => pathsOfBroken(file);
    let before = snapshotOf(paths());
    try {
      const study = await studyNamed(file, options);
      const watched = watchedPaths(study);
      paths = () => watched;
      // A file that changed since the first look has the look of then, so that it counts as changed.
      before = new Map([...snapshotOf(watched)].map(([path, now]) => [path, before.get(path) ?? now]));
      await once(study);
    } catch (error) {
      if (!(error instanceof RunflowError) || (isFirst && isOfCommandLine(error))) throw error;
      reportError(error, (text) => process.stderr.write(text));
    }
    if (signal.aborted) return exitCodes.interrupted;
    commands.watch();
    process.stderr.write(
      `watching ${before.size} ${before.size === 1 ? 'file' : 'files'} for changes; Ctrl-C ends it\n`,
    );
    const changed = await nextChange(paths, before, signal);
    if (signal.aborted) return exitCodes.interrupted;
    const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
    process.stderr.write(`${printableLine(relative('.', changed[0]!))}${more} changed\n`);
  }
}
