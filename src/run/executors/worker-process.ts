import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import {
  DataError,
  EnvironmentError,
  InterruptedError,
  type RunflowError,
  StepError,
} from '../../diagnostics/errors.js';
import type { Artifacts } from '../../formats/artifact.js';
import type { Job, Reply, Request } from '../../worker/protocol.js';
import { DeviceLostError, type JobObserver, type WorkerLimits, WorkerLostError } from './executor.js';

export type AdapterReply = Extract<Reply, { type: 'adapter' }>;
type ErrorReply = Extract<Reply, { type: 'failed' }>['error'];

/** A request under way: looks at every reply until it is over. */
interface Conversation {
  reply(reply: Reply): void;
  lost(error: WorkerLostError): void;
}

const starvedSilences = 5;

const workerScript = fileURLToPath(new URL('../../worker/main.js', import.meta.url));
const keptErrorLines = 20;

/** One worker process, from its start to its end. It works on one job at a time. */
export class WorkerProcess {
  readonly #child: ReturnType<typeof startProcess>;
  readonly #limits: WorkerLimits;
  readonly #watch: NodeJS.Timeout;
  readonly #conversations = new Set<Conversation>();
  /** Last lines of stderr: what a driver said before it crashed. */
  readonly #errorLines: string[] = [];
  readonly #ended: Promise<void>;
  /** Requests for a process that has not said `ready` yet. */
  readonly #unsent: Request[] = [];
  #ready = false;
  #lastSign = performance.now();
  /** Processor time of the worker at its last sign of life. */
  #processorSeconds: number | undefined;
  #killed: string | undefined;
  /** Set once the process is gone. */
  lost: WorkerLostError | undefined;

  constructor(environment: Readonly<Record<string, string>>, limits: WorkerLimits, script: string = workerScript) {
    this.#limits = limits;
    this.#child = startProcess(script, environment);
    this.#child.on('message', (reply) => this.#receive(reply as Reply));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#keepErrors(text));
    this.#ended = this.#child.then((result) => {
      clearInterval(this.#watch);
      this.lost = new WorkerLostError(this.#describeEnd(result.signal, result.exitCode), {
        ...(this.#errorLines.length > 0 ? { hint: `It last said: ${this.#errorLines.join('\n')}` } : {}),
      });
      for (const conversation of [...this.#conversations]) conversation.lost(this.lost);
    });
    this.#watch = setInterval(() => this.#checkSigns(), 1000);
  }

  /** Asks which device it has; opens it. */
  async describeDevice(): Promise<AdapterReply> {
    return this.#converse({ type: 'describe-device' }, '', (reply) => (reply.type === 'adapter' ? reply : undefined));
  }

  /**
   * @throws WorkerLostError when the process ended on the way
   * @throws RunflowError what the job reported
   */
  async execute(job: Job, observer: JobObserver, signal: AbortSignal): Promise<Artifacts> {
    let grace: NodeJS.Timeout | undefined;
    const cancel = () => {
      this.#send({ type: 'cancel', step: job.step });
      const { graceSeconds } = this.#limits;
      grace = setTimeout(() => this.kill(`it did not stop within ${graceSeconds} s`), graceSeconds * 1000);
    };
    signal.addEventListener('abort', cancel, { once: true });
    let compiling = 0;
    try {
      return await this.#converse({ type: 'execute', job }, job.step, (reply) => {
        if (reply.type === 'alive' && reply.compilingKernels !== compiling) {
          compiling = reply.compilingKernels;
          observer.compiling(compiling);
        }
        if (!('step' in reply) || reply.step !== job.step) return undefined;
        if (reply.type === 'done') return reply.outputs;
        if (reply.type === 'log') observer.log(reply.line);
        if (reply.type === 'warning') observer.warn(reply.message, reply.hint);
        if (reply.type === 'progress') {
          const { done, total, unit, note } = reply;
          observer.progress({
            done,
            total,
            ...(unit === undefined ? {} : { unit }),
            ...(note === undefined ? {} : { note }),
          });
        }
        return undefined;
      });
    } finally {
      clearTimeout(grace);
      signal.removeEventListener('abort', cancel);
    }
  }

  kill(why: string): void {
    this.#killed ??= why;
    this.#child.kill('SIGKILL');
  }

  /** Lets it end by itself, and kills it when it does not. */
  async close(): Promise<void> {
    if (this.lost === undefined) this.#send({ type: 'exit' });
    const { graceSeconds } = this.#limits;
    const timer = setTimeout(() => this.kill(`it did not end within ${graceSeconds} s`), graceSeconds * 1000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Sends a request and listens until `answer` finds one, the step fails or the process is gone. */
  #converse<T>(request: Request, step: string, answer: (reply: Reply) => T | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const conversation: Conversation = {
        reply: (reply) => {
          const value = answer(reply);
          if (value !== undefined) resolve(value);
          else if (reply.type === 'failed' && reply.step === step) reject(errorOf(reply.error));
          else return;
          this.#conversations.delete(conversation);
        },
        lost: (error) => {
          this.#conversations.delete(conversation);
          reject(error);
        },
      };
      this.#conversations.add(conversation);
      if (this.lost === undefined) this.#send(request);
      else conversation.lost(this.lost);
    });
  }

  #send(request: Request): void {
    if (!this.#ready) this.#unsent.push(request);
    // A process that is just ending cannot be written to; its end is reported by itself.
    else if (this.#child.connected) this.#child.send(request, () => undefined);
  }

  #receive(reply: Reply): void {
    this.#lastSign = performance.now();
    this.#processorSeconds = undefined;
    if (reply.type === 'ready') {
      this.#ready = true;
      for (const request of this.#unsent.splice(0)) this.#send(request);
    }
    if (reply.type === 'alive' && reply.deviceBusySeconds > this.#limits.deviceBusySeconds) {
      this.kill(`the device was busy with one submission for ${Math.round(reply.deviceBusySeconds)} s`);
    }
    for (const conversation of [...this.#conversations]) conversation.reply(reply);
  }

  #checkSigns(): void {
    const { silenceSeconds } = this.#limits;
    const silent = (performance.now() - this.#lastSign) / 1000;
    const used = processorSeconds(this.#child.pid);
    this.#processorSeconds ??= used;
    const starved = used !== undefined && used - this.#processorSeconds! < silenceSeconds;
    if (silent > silenceSeconds * (starved ? starvedSilences : 1)) {
      this.kill(`it gave no sign of life for ${Math.round(silent)} s`);
    }
  }

  #keepErrors(text: string): void {
    this.#errorLines.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.#errorLines.splice(0, Math.max(0, this.#errorLines.length - keptErrorLines));
  }

  #describeEnd(signal: string | undefined, exitCode: number | undefined): string {
    if (this.#killed !== undefined) return `the worker process was killed: ${this.#killed}`;
    return `the worker process ended unexpectedly (${signal === undefined ? `exit code ${exitCode}` : signal})`;
  }
}

/**
 * Seconds of processor time that a process has used, all its threads together; undefined where the system does not tell.
 * Linux: /proc/<pid>/stat, proc(5): the 14th and 15th fields are hundredths of a second in user and system mode.
 */
function processorSeconds(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The 2nd field, the command's name in brackets, may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

/** Never a shell. The worker ends with this process, however that ends: it sees the channel close. */
function startProcess(script: string, environment: Readonly<Record<string, string>>) {
  return execa(process.execPath, [script], {
    env: environment,
    ipc: true,
    serialization: 'json',
    buffer: false,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
}

function errorOf({ kind, message, hint, stack }: ErrorReply): RunflowError | Error {
  const options = hint === undefined ? {} : { hint };
  switch (kind) {
    case 'data':
      return new DataError(message, options);
    case 'environment':
      return new EnvironmentError(message, options);
    case 'device-lost':
      return new DeviceLostError(message, options);
    case 'step':
      return new StepError(message, options);
    case 'interrupted':
      return new InterruptedError(message, options);
    case 'bug': {
      const error = new Error(message);
      if (stack !== undefined) error.stack = stack;
      return error;
    }
  }
}
