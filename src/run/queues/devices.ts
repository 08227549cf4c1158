import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import type { Queue, QueueState, RunnersWanted } from './queue.js';

/** What a runner gets of this machine. */
export interface QueueDevice {
  /** Value of RUNFLOW_ADAPTER that selects it. */
  readonly selector: string;
  /** A card serves one runner at a time, and is known by its place or its name; software serves as many as like. */
  readonly slot: string | undefined;
}

/** File of the attempt's folder that takes what the runners print. */
const outputFile = 'runners.txt';

/**
 * Runners as processes of this machine, one a device: what `--devices` asks for. They are in groups of their own, so that a
 * signal of the terminal reaches only who follows; should that one be killed, they go on.
 */
export class DeviceQueue implements Queue {
  readonly note = undefined;
  readonly #devices: readonly QueueDevice[];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #jobs = new Map<string, readonly ChildProcess[]>();
  /** The runner that has each device, by the device's place in the list. */
  readonly #users = new Map<number, ChildProcess>();

  constructor(devices: readonly QueueDevice[], environment: NodeJS.ProcessEnv) {
    this.#devices = devices;
    this.#environment = environment;
  }

  async submit({ argv, count, folder, jobName }: RunnersWanted): Promise<string> {
    const free = [...this.#devices.keys()].filter((place) => !isAlive(this.#users.get(place))).slice(0, count);
    if (free.length < count) {
      throw new EnvironmentError(
        `${count} runners are wanted, and ${free.length} of ${this.#devices.length} devices are free`,
      );
    }
    const output = openSync(join(folder, outputFile), 'a');
    try {
      const children: ChildProcess[] = [];
      this.#jobs.set(jobName, children);
      for (const [index, place] of free.entries()) {
        const child = this.#start([...argv, '--index', `${index}`], this.#devices[place]!, output);
        children.push(child);
        this.#users.set(place, child);
        await started(child);
      }
      return `processes ${children.map(({ pid }) => pid).join(' ')}`;
    } finally {
      closeSync(output);
    }
  }

  async poll(jobNames: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, QueueState>>> {
    return new Map(jobNames.map((name) => [name, new Map(this.#statesOf(name))]));
  }

  async cancel(jobNames: readonly string[]): Promise<void> {
    for (const name of jobNames) for (const child of this.#jobs.get(name) ?? []) child.kill('SIGTERM');
  }

  #statesOf(name: string): [number, QueueState][] {
    return (this.#jobs.get(name) ?? []).flatMap((child, index) => (isAlive(child) ? [[index, 'running']] : []));
  }

  #start(argv: readonly string[], { selector, slot }: QueueDevice, output: number): ChildProcess {
    const [file, ...rest] = [...argv, ...(slot === undefined ? [] : ['--slot', slot])];
    const child = spawn(file!, rest, {
      detached: true,
      env: { ...this.#environment, RUNFLOW_ADAPTER: selector },
      stdio: ['ignore', output, output],
    });
    child.unref();
    return child;
  }
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

/** @throws EnvironmentError when the process cannot be started */
async function started(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new EnvironmentError(`no runner can be started: ${cause.message}`, { cause })),
    );
  });
}
