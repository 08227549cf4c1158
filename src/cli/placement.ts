import { UsageError } from '../diagnostics/errors.js';
import type { ExitCode } from '../diagnostics/exit-codes.js';
import type { InstalledDevice } from '../gpu/installed-devices.js';
import type { ExecutorName } from '../run/executors/executor.js';
import { executors, isExecutorName } from '../run/executors/registry.js';
import { type JointTiming, usualTiming } from '../run/joint/timing.js';
import type { QueueDevice } from '../run/queues/devices.js';
import { readExecutorsFile } from '../run/queues/executors-file.js';
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
  devices: {
    description: 'all, or devices of this machine by number or name as runflow doctor lists them: a runner on each',
    value: 'LIST',
  },
  detach: { description: 'With slurm or command: return at once; the same command without it follows the run' },
  executors: {
    description: 'File that says how runners are started, instead of RUNFLOW_EXECUTORS or executors.yaml',
    value: 'FILE',
  },
  timing: { description: 'Seconds by which a run on several machines goes, as JSON', value: 'JSON', hidden: true },
} as const;

/** Options that mean something only where runners are started. */
const ofRunners = ['jobs', 'detach', 'executors', 'timing'] as const;

/** Place where the command line has a run carried out. */
export interface Placement {
  readonly carryOut: (options: RunOptions) => Promise<ExitCode>;
  /** It goes on when this process ends. */
  readonly isElsewhere: boolean;
}

/**
 * What an invocation says of where a run is carried out.
 * @throws UsageError for an executor that there is not, and for options that do not go together
 */
export function placementOf(invocation: Invocation): Placement {
  const name = invocation.value('executor') ?? 'local';
  if (isQueueName(name)) return onQueue(name, invocation);
  if (!isExecutorName(name)) {
    const hint = `Give ${[...Object.keys(executors), ...queueNames].join(', ')}.`;
    throw new UsageError(`there is no executor ${name}`, { hint });
  }
  const devices = invocation.value('devices');
  const needless = ofRunners.find(
    (option) => invocation.switch(option) && !(option === 'timing' && devices !== undefined),
  );
  if (needless === undefined) return devices === undefined ? here(name) : onDevices(devices, invocation);
  const hint = `It goes with --executor ${queueNames.join(' or ')}.`;
  throw new UsageError(`--${needless} means nothing with --executor ${name}`, { hint });
}

function here(executor: ExecutorName): Placement {
  return { isElsewhere: false, carryOut: (options) => runWorkflow({ ...options, executor }) };
}

/** Devices of this machine are not asked about over a network, and their runners do not wait in a queue. */
const timingOfDevices: JointTiming = { ...usualTiming, pollSeconds: 1, lostSeconds: 30 };

function onDevices(wanted: string, invocation: Invocation): Placement {
  refuseWatch('--devices', invocation);
  const timing = timingOf(invocation.value('timing'), timingOfDevices);
  const load = loadOptions(invocation);
  const carryOut = async (options: RunOptions) => {
    const [{ installedDevices }, { chosenDevices }, { DeviceQueue }, { runJointly }] = await Promise.all([
      import('../gpu/installed-devices.js'),
      import('../gpu/chosen-devices.js'),
      import('../run/queues/devices.js'),
      import('../run/joint/run-jointly.js'),
    ]);
    const { environment: given = process.env } = options;
    const devices = chosenDevices(wanted, await installedDevices(given));
    const environment = { ...given, RUNFLOW_ADAPTER: devices[0]!.selector };
    const queue = new DeviceQueue(devices.map(deviceFor), environment);
    const jobs = devices.length;
    return runJointly({ ...options, environment, load, queue, queueName: 'devices', network: true, jobs, timing });
  };
  // Its runners are processes of this machine: they end with what started them.
  return { isElsewhere: false, carryOut };
}

/** A card serves one runner. Where the system does not tell its place, its name does. */
function deviceFor({ selector, isSoftware, address }: InstalledDevice): QueueDevice {
  return { selector, slot: isSoftware ? undefined : (address ?? selector) };
}

function refuseWatch(option: string, invocation: Invocation): void {
  if (!invocation.switch('watch')) return;
  const hint = 'A run by several runners takes the workflow as it was submitted: run it again after an edit.';
  throw new UsageError(`--watch does not go with ${option}`, { hint });
}

function onQueue(name: QueueName, invocation: Invocation): Placement {
  const jobs = wholeNumber(invocation, 'jobs');
  if (invocation.switch('devices')) {
    const hint = 'The queue gives each runner its device: cluster.gpus says how many.';
    throw new UsageError(`--devices does not go with --executor ${name}`, { hint });
  }
  refuseWatch(`--executor ${name}`, invocation);
  if (jobs === 0) throw new UsageError('--jobs 0 starts no runner', { hint: 'Give how many are to work at a time.' });
  const detach = invocation.switch('detach');
  const refused = ['open', 'notify'].find((option) => invocation.switch(option) && detach);
  if (refused !== undefined) {
    throw new UsageError(`--${refused} does not go with --detach`, { hint: 'Nothing has ended when it returns.' });
  }
  const timing = timingOf(invocation.value('timing'));
  const file = invocation.value('executors');
  const load = loadOptions(invocation);
  const carryOut = async (options: RunOptions) => {
    const { runJointly } = await import('../run/joint/run-jointly.js');
    const { environment = process.env } = options;
    const executors = await readExecutorsFile(file, environment);
    const { queue, settings } = openQueue(name, executors, environment);
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
      ...(executors.file === undefined ? {} : { executorsFile: executors.file }),
      ...(jobs === undefined ? {} : { jobs }),
    });
  };
  return { isElsewhere: true, carryOut };
}

function timingOf(text: string | undefined, usual = usualTiming): JointTiming {
  if (text === undefined) return usual;
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
  return { ...usual, ...Object.fromEntries(entries) };
}
