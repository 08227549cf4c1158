import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { execa } from 'execa';

/** How a command ended, and all that it printed. */
export interface HostResult {
  readonly failed: boolean;
  readonly exitCode?: number;
  readonly output: string;
}

/** `echo up` tells that the host is there; `read` lasts until the pipe closes, also because this process was killed. */
const firstProcess = 'hostname "$1" && eval "$2" && echo up && read -r';

/**
 * A machine for tests on this one: a host name, process ids, and a table of mounts of its own. Network, files and clock are
 * this machine's. Its first process reads a pipe of this process: when this one ends, however it ends, the kernel kills
 * whatever runs there.
 */
export class LabHost {
  readonly name: string;
  readonly #unshare: ChildProcess;
  /** The host's first process, by its number outside. */
  readonly #first: number;

  private constructor(name: string, unshare: ChildProcess, first: number) {
    this.name = name;
    this.#unshare = unshare;
    this.#first = first;
  }

  /** @param setup - shell text that runs there first, such as a mount that only this host has */
  static async start(name: string, setup = ':'): Promise<LabHost> {
    const namespaces = ['--uts', '--pid', '--mount', '--fork', '--mount-proc', '--kill-child'];
    const child = spawn('unshare', [...namespaces, 'bash', '-c', firstProcess, name, name, setup], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (/^up$/m.test(output)) resolve();
      });
      child.on('error', reject);
      child.on('close', () => reject(new Error(`the host ${name} did not come up: ${output}`)));
    });
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    return new LabHost(name, child, Number(children));
  }

  /** Program and arguments that carry a command out on this host. */
  inside(argv: readonly string[]): [string, string[]] {
    return ['nsenter', ['--target', `${this.#first}`, '--uts', '--pid', '--mount', '--', ...argv]];
  }

  /** Carries a command out on this host, and waits for its end. */
  async run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<HostResult> {
    const [file, rest] = this.inside(argv);
    const { failed, exitCode, all } = await execa(file, rest, { reject: false, all: true, stdin: 'ignore', env });
    return { failed, output: all, ...(exitCode !== undefined && { exitCode }) };
  }

  /** Starts a program that stays: it ends with the host. */
  daemon(argv: readonly string[], env: Readonly<Record<string, string>> = {}): LabDaemon {
    const [file, rest] = this.inside(argv);
    return new LabDaemon(spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } }));
  }

  /** Kills everything on this host, as if its power was cut. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#unshare;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#unshare, 'close');
    // Closing the pipe would do, unless the first process is stopped.
    process.kill(this.#first, 'SIGKILL');
    await ended;
  }
}

/** A program that stays on a host, such as a daemon of Slurm. */
export class LabDaemon {
  readonly #nsenter: ChildProcess;
  #output = '';

  constructor(nsenter: ChildProcess) {
    this.#nsenter = nsenter;
    for (const stream of [nsenter.stdout!, nsenter.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#output;
  }

  /**
   * Sends a signal. SIGKILL and SIGTERM are waited for: the program has then ended.
   * @throws Error when it has already ended
   */
  async signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { pid, exitCode, signalCode } = this.#nsenter;
    if (exitCode !== null || signalCode !== null) throw new Error(`it has ended: ${this.#output}`);
    const program = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    if (program === 0) throw new Error(`process ${pid} has started nothing yet`);
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM';
    const ended = ends ? once(this.#nsenter, 'exit') : undefined;
    process.kill(program, signal);
    await ended;
  }
}
