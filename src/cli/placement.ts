import { UsageError } from '../diagnostics/errors.js';
import type { ExitCode } from '../diagnostics/exit-codes.js';
import { userPath } from '../formats/user-path.js';
import type { ExecutorName } from '../run/executors/executor.js';
import { executors, isExecutorName } from '../run/executors/registry.js';
import { type JointTiming, usualTiming } from '../run/joint/timing.js';
import { isQueueName, openQueue, type QueueName, queueNames } from '../run/queues/registry.js';
import { type RunOptions, runWorkflow } from '../run/run.js';
import type { Invocation } from './command.js';
import { loadOptions } from './load-workflow.js';
import { wholeNumber } from './whole-number.js';

/** Options that say where a run is carried out. */
export const placementOptions = {
  executor: {
    description: 'Where steps run: local (the default), or on other machines by slurm or command',
    value: 'WHERE',
    completes: [...Object.keys(executors), ...queueNames],
  },
  jobs: { description: 'With slurm or command: runners to start, instead of what the workflow says (1)', value: 'N' },
  detach: { description: 'With slurm or command: return at once; the same command without it follows the run' },
  executors: {
    description: 'File that says how runners are started, instead of RUNFLOW_EXECUTORS or executors.yaml',
    value: 'FILE',
  },
  timing: { description: 'Seconds by which a run on several machines goes, as JSON', value: 'JSON', hidden: true },
} as const;

/** Options that mean something only where runners are started. */
const ofRunners = ['jobs', 'detach', 'executors', 'timing'] as const;

/** Carries out a run where the command line says. */
export type CarryOut = (options: RunOptions) => Promise<ExitCode>;

/**
 * What an invocation says of where a run is carried out.
 * @throws UsageError for an executor that there is not, and for options that do not go together
 */
export function placementOf(invocation: Invocation): CarryOut {
  const name = invocation.value('executor') ?? 'local';
  if (isQueueName(name)) return onQueue(name, invocation);
  if (!isExecutorName(name)) {
    const hint = `Give ${[...Object.keys(executors), ...queueNames].join(', ')}.`;
    throw new UsageError(`there is no executor ${name}`, { hint });
  }
  const needless = ofRunners.find((option) => invocation.switch(option));
  if (needless === undefined) return here(name);
  const hint = `It goes with --executor ${queueNames.join(' or ')}.`;
  throw new UsageError(`--${needless} means nothing with --executor ${name}`, { hint });
}

function here(executor: ExecutorName): CarryOut {
  return (options) => runWorkflow({ ...options, executor });
}

function onQueue(name: QueueName, invocation: Invocation): CarryOut {
  const jobs = wholeNumber(invocation, 'jobs');
  if (jobs === 0) throw new UsageError('--jobs 0 starts no runner', { hint: 'Give how many are to work at a time.' });
  const detach = invocation.switch('detach');
  const refused = ['watch', 'open', 'notify'].find(
    (option) => invocation.switch(option) && (detach || option === 'watch'),
  );
  if (refused === 'watch') {
    const hint = 'A run on other machines takes the workflow as it was submitted: run it again after an edit.';
    throw new UsageError(`--watch does not go with --executor ${name}`, { hint });
  }
  if (refused !== undefined) {
    throw new UsageError(`--${refused} does not go with --detach`, { hint: 'Nothing has ended when it returns.' });
  }
  const timing = timingOf(invocation.value('timing'));
  const file = invocation.value('executors');
  const executorsFile = file === undefined ? undefined : userPath(file);
  const load = loadOptions(invocation);
  return async (options) => {
    const { runJointly } = await import('../run/joint/run-jointly.js');
    const { queue, settings } = await openQueue(name, executorsFile, options.environment ?? process.env);
    const { network = false, node } = settings;
    return runJointly({
      ...options,
      load,
      queue,
      queueName: name,
      network,
      detach,
      timing,
      ...(node === undefined ? {} : { node }),
      ...(jobs === undefined ? {} : { jobs }),
    });
  };
}

function timingOf(text: string | undefined): JointTiming {
  if (text === undefined) return usualTiming;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new UsageError('--timing is not JSON', { cause });
  }
  const entries = Object.entries(given ?? {});
  const wrong = entries.find(
    ([name, value]) => !Object.hasOwn(usualTiming, name) || !(typeof value === 'number' && value > 0),
  );
  if (wrong !== undefined) throw new UsageError(`--timing has no ${wrong[0]} of ${JSON.stringify(wrong[1])}`);
  return { ...usualTiming, ...Object.fromEntries(entries) };
}
