import { join } from 'node:path';
import { EnvironmentError, UsageError } from '../../diagnostics/errors.js';
import { replaceFile } from '../../formats/replace-file.js';
import type { ClusterResources } from '../../workflow/cluster.js';
import type { CommandSettings, ResourceName } from './executors-file.js';
import { type ArgumentTemplate, fill, type PlaceholderValues, placeholdersIn } from './placeholders.js';
import type { Queue, QueueState, RunnersWanted } from './queue.js';
import { type QueuePatience, type QueueProgramEnd, runQueueProgram } from './queue-program.js';
import { runnerScript } from './runner-script.js';
import { livelier } from './runner-states.js';
import { runnerVariables } from './runner-variables.js';

const defaultPatience: QueuePatience = { submitSeconds: 120, pollSeconds: 60, cancelSeconds: 120 };

/** A queue that three commands of the user's speak to: PBS, HTCondor, Kubernetes, SSH, or plain bash. */
export class CommandQueue implements Queue {
  readonly #settings: CommandSettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #patience: QueuePatience;
  #note: string | undefined;

  constructor(settings: CommandSettings, environment: NodeJS.ProcessEnv = process.env, patience = defaultPatience) {
    this.#settings = settings;
    this.#environment = environment;
    this.#patience = patience;
  }

  get note(): string | undefined {
    return this.#note;
  }

  /** @throws UsageError when the command has no place for what is asked for, or wants what is not */
  async submit(wanted: RunnersWanted): Promise<string> {
    const { submit } = this.#settings;
    const resources = resourceValues(wanted.resources);
    this.#checkResources(resources);
    const { jobName: name, count, folder, variables } = wanted;
    const script = join(folder, 'runner.sh');
    const names = runnerVariables(variables, this.#environment);
    const values = { name, count, script, folder, variables: names.join(',') || undefined, ...resources };
    const isOneByOne = placeholdersIn(submit).includes('index');
    const indices = isOneByOne ? [...Array(count).keys()] : [undefined];
    const commands = indices.map((index) => filled('submit', submit, { ...values, index }));
    await replaceFile(script, runnerScript(this.#settings, wanted.argv, '$1'));
    const ids: string[] = [];
    for (const argv of commands) {
      const end = await this.#run(argv, this.#patience.submitSeconds, folder);
      if (end.failure !== undefined) throw new EnvironmentError(`the queue did not take the runners: ${end.failure}`);
      ids.push(end.stdout.trim().split('\n').at(-1)!);
    }
    return ids.filter((id) => id !== '').join(', ') || name;
  }

  async poll(jobNames: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, QueueState>> | undefined> {
    this.#note = undefined;
    if (jobNames.length === 0) return new Map();
    const argv = filled('status', this.#settings.status, { names: jobNames });
    const end = await this.#run(argv, this.#patience.pollSeconds);
    const answer = end.failure === undefined ? statesIn(end.stdout, jobNames) : end.failure;
    if (typeof answer === 'string') {
      this.#note = answer;
      return undefined;
    }
    return answer;
  }

  async cancel(jobNames: readonly string[]): Promise<void> {
    if (jobNames.length === 0) return;
    const argv = filled('cancel', this.#settings.cancel, { names: jobNames });
    const { failure } = await this.#run(argv, this.#patience.cancelSeconds);
    if (failure === undefined) return;
    const hint = `Runners may still run. Their jobs are called ${jobNames.join(', ')}.`;
    throw new EnvironmentError(`runners were not cancelled: ${failure}`, { hint });
  }

  #run(argv: readonly string[], timeoutSeconds: number, folder?: string): Promise<QueueProgramEnd> {
    const environment = this.#environment;
    return runQueueProgram(argv, { environment, timeoutSeconds, ...(folder !== undefined && { folder }) });
  }

  /** Refuses what the workflow asks for and the command would not hear of. */
  #checkResources(resources: Readonly<Record<ResourceName, string | number | undefined>>): void {
    const { submit, ignore = [] } = this.#settings;
    const told = placeholdersIn(submit);
    const asked = (Object.keys(resources) as ResourceName[]).filter((name) => resources[name] !== undefined);
    const unheard = asked.find((name) => !told.includes(name) && !ignore.includes(name));
    if (unheard === undefined) return;
    const message = `the workflow gives cluster.${unheard}, and submit of the executors file has no {${unheard}}`;
    throw new UsageError(message, { hint: `Add it to submit, or to the list: ignore: [${unheard}].` });
  }
}

function resourceValues(resources: ClusterResources): Record<ResourceName, string | number | undefined> {
  const { partition, account, time, gpus, cpus, memory, exclude } = resources;
  return {
    partition,
    account,
    time,
    gpus: gpus || undefined,
    cpus,
    memory: memory === undefined ? undefined : Math.ceil(memory / 1024 ** 2),
    exclude: exclude?.join(','),
  };
}

function filled(command: string, template: ArgumentTemplate, values: PlaceholderValues): readonly string[] {
  const result = fill(template, values);
  if ('argv' in result) return result.argv;
  const [name] = result.missing;
  const hint = `Write cluster.${name} in the workflow, or put the argument in brackets of its own: [-x, "{${name}}"].`;
  throw new UsageError(`${command} of the executors file needs {${name}}, and the workflow does not give it`, { hint });
}

/** What status printed, or what is wrong with it. */
function statesIn(printed: string, jobNames: readonly string[]): Map<string, Map<number, QueueState>> | string {
  const states = new Map(jobNames.map((name) => [name, new Map<number, QueueState>()]));
  for (const line of printed.split('\n')) {
    if (line.trim() === '') continue;
    const [, name, index, state] = /^(\S+) (\d+) (pending|running|ended)$/.exec(line.trim()) ?? [];
    const ofJob = name === undefined ? undefined : states.get(name);
    if (ofJob === undefined) {
      return `status printed ${JSON.stringify(line.slice(0, 200))}, and not NAME INDEX pending|running|ended of a job that it was asked about`;
    }
    ofJob.set(Number(index), livelier(ofJob.get(Number(index)), state as QueueState));
  }
  return states;
}
