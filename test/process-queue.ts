import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Queue, QueueState, RunnersWanted } from '../src/run/queues/queue.js';

/** A queue whose runners are processes of this machine. */
export class ProcessQueue implements Queue {
  readonly note = undefined;
  readonly children = new Map<string, ChildProcess[]>();
  readonly submitted: RunnersWanted[] = [];
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  async submit(wanted: RunnersWanted): Promise<string> {
    this.submitted.push(wanted);
    const output = openSync(join(wanted.folder, 'runners.txt'), 'a');
    const children = Array.from({ length: wanted.count }, (_, index) => {
      const [file, ...argv] = wanted.argv;
      const stdio = ['ignore', output, output] as const;
      return spawn(file!, [...argv, '--index', `${index}`], { env: this.#environment, stdio: [...stdio] });
    });
    closeSync(output);
    this.children.set(wanted.jobName, children);
    return `processes ${children.map(({ pid }) => pid).join(' ')}`;
  }

  async poll(jobNames: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, QueueState>>> {
    return new Map(
      jobNames.map((name) => {
        const running = (this.children.get(name) ?? []).flatMap((child, index) =>
          child.exitCode === null && child.signalCode === null ? [[index, 'running'] as const] : [],
        );
        return [name, new Map(running)];
      }),
    );
  }

  async cancel(jobNames: readonly string[]): Promise<void> {
    for (const name of jobNames) for (const child of this.children.get(name) ?? []) child.kill('SIGTERM');
  }

  /** Ends all that is left. */
  async end(): Promise<void> {
    for (const child of [...this.children.values()].flat()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }
}
