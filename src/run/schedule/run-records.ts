import type { Task, TaskState } from './task.js';

/** What became of one step in a run. */
export interface StepRecord {
  readonly state: TaskState;
  readonly seconds: number | undefined;
  readonly problem: string | undefined;
}

/** What became of each step so far, over all rounds of a run. */
export class RunRecords {
  readonly #records = new Map<string, StepRecord>();

  /** A step that ran in an earlier round and is cached in this one ran. */
  add(tasks: readonly Task[]): void {
    for (const { step, state, seconds, problem } of tasks) {
      const ran = this.#records.get(step.id)?.state === 'ran';
      if (state === 'waiting' || state === 'ready' || (ran && state === 'cached')) continue;
      this.#records.set(step.id, { state, seconds, problem });
    }
  }

  /** What became of steps elsewhere. */
  take(records: ReadonlyMap<string, StepRecord>): void {
    for (const [step, record] of records) this.#records.set(step, record);
  }

  /** Steps that were put aside get another go. */
  forgetInterrupted(): void {
    for (const [id, { state }] of this.#records) if (state === 'interrupted') this.#records.delete(id);
  }

  get(step: string): StepRecord | undefined {
    return this.#records.get(step);
  }

  /** Ids of steps whose end was told. */
  told(): Set<string> {
    return new Set(this.#records.keys());
  }

  ran(): Set<string> {
    return new Set([...this.#records].flatMap(([id, { state }]) => (state === 'ran' ? [id] : [])));
  }

  counts(): { ran: number; cached: number; failed: number; skipped: number } {
    const counts = { ran: 0, cached: 0, failed: 0, skipped: 0 };
    for (const { state } of this.#records.values()) if (Object.hasOwn(counts, state)) counts[state as 'ran'] += 1;
    return counts;
  }
}
