import { InterruptedError, RunflowError } from '../../diagnostics/errors.js';
import type { Artifacts } from '../../formats/artifact.js';
import type { Digest } from '../../formats/digest.js';
import type { AttemptOutcome, AttemptWriter, StepLogs } from '../../store/step-logs.js';
import type { Job } from '../../worker/protocol.js';
import type { EventBus } from '../events.js';
import type { Executor, JobObserver } from './executor.js';

/** Progress is a line of the log so often, and at the end. */
const secondsBetweenProgress = 10;

export interface LoggingOptions {
  readonly logs: StepLogs;
  readonly events: EventBus;
  /** Takes out of a text what must not be kept. */
  readonly redacted: (text: string) => string;
}

/**
 * An executor that keeps what each attempt says in the store. A log that cannot be written is told once and costs the run
 * nothing else.
 */
export class LoggingExecutor implements Executor {
  readonly #executor: Executor;
  readonly #options: LoggingOptions;
  readonly #attempts = new Map<Digest, number>();
  #isBroken = false;

  constructor(executor: Executor, options: LoggingOptions) {
    this.#executor = executor;
    this.#options = options;
  }

  get slots(): number {
    return this.#executor.slots;
  }

  async execute(job: Job, observer: JobObserver, signal: AbortSignal): Promise<Artifacts> {
    const attempt = (this.#attempts.get(job.key) ?? 0) + 1;
    this.#attempts.set(job.key, attempt);
    const log = this.#options.logs.begin(job.key, { run: job.run, step: job.step, attempt });
    try {
      const outputs = await this.#executor.execute(job, this.#listener(log, observer), signal);
      this.#end(log, 'done');
      return outputs;
    } catch (error) {
      const wasStopped = signal.aborted || error instanceof InterruptedError;
      if (!wasStopped)
        this.#say(log, messageOf(error), 'error', error instanceof RunflowError ? error.hint : undefined);
      this.#end(log, wasStopped ? 'interrupted' : 'failed');
      throw error;
    }
  }

  kill(): void {
    this.#executor.kill();
  }

  close(): Promise<void> {
    return this.#executor.close();
  }

  #listener(log: AttemptWriter, observer: JobObserver): JobObserver {
    let told = performance.now();
    return {
      progress: (update) => {
        const { done, total, unit, note } = update;
        const now = performance.now();
        if (done === total || now - told > secondsBetweenProgress * 1000) {
          told = now;
          const what = `${done} of ${total}${unit === undefined ? '' : ` ${unit}`}`;
          if (note !== undefined || done < total) this.#say(log, note === undefined ? what : `${what}: ${note}`);
        }
        observer.progress(update);
      },
      compiling: (kernels) => observer.compiling(kernels),
      log: (line) => {
        this.#say(log, line);
        observer.log(line);
      },
      warn: (message, hint) => {
        this.#say(log, message, 'warning', hint);
        observer.warn(message, hint);
      },
    };
  }

  #say(log: AttemptWriter, text: string, level: 'line' | 'warning' | 'error' = 'line', hint?: string): void {
    const { redacted } = this.#options;
    this.#write(() => log.say(redacted(text), level, hint === undefined ? undefined : redacted(hint)));
  }

  #end(log: AttemptWriter, outcome: AttemptOutcome): void {
    this.#write(() => log.end(outcome));
  }

  #write(write: () => void): void {
    if (this.#isBroken) return;
    try {
      write();
    } catch (error) {
      this.#isBroken = true;
      const hint = 'Steps go on without a log.';
      this.#options.events.publish({ type: 'warning', message: messageOf(error), hint });
    }
  }
}

function messageOf(error: unknown): string {
  if (error instanceof RunflowError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
