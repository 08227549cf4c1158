import { UsageError } from '../../diagnostics/errors.js';
import { CommandQueue } from './command.js';
import type { ExecutorsFile, RunnerSettings } from './executors-file.js';
import type { Queue } from './queue.js';
import { SlurmQueue } from './slurm.js';

/** What `--executor` takes besides `local`. */
export type QueueName = 'slurm' | 'command';

/** A queue, and how its runners are started. */
export interface OpenedQueue {
  readonly queue: Queue;
  readonly settings: RunnerSettings;
}

/** Makes the queue of each name. */
const queues: { readonly [Name in QueueName]: (file: ExecutorsFile, environment: NodeJS.ProcessEnv) => OpenedQueue } = {
  slurm({ slurm: settings = {} }, environment) {
    return { queue: new SlurmQueue(settings, environment), settings };
  },
  command({ command: settings, file }, environment) {
    if (settings !== undefined) return { queue: new CommandQueue(settings, environment), settings };
    const where = file === undefined ? 'there is no executors file' : `${file} has no section command`;
    const hint =
      'It says how runners are submitted: examples/executors/ has files for PBS, HTCondor, Kubernetes and SSH.';
    throw new UsageError(`--executor command needs three commands, and ${where}`, { hint });
  },
};

/** Names of queues, as `--executor` takes them. */
export const queueNames = Object.keys(queues) as readonly QueueName[];

export function isQueueName(name: string): name is QueueName {
  return Object.hasOwn(queues, name);
}

/** Opens a queue by its name. @throws UsageError when the executors file does not tell of it */
export function openQueue(
  name: QueueName,
  executors: ExecutorsFile,
  environment: NodeJS.ProcessEnv = process.env,
): OpenedQueue {
  return queues[name](executors, environment);
}
