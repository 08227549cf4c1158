import { digestOf, hexOf } from '../formats/digest.js';
import type { Step } from '../steps/step.js';
import { type OfSeries, seriesOf } from '../store/runs.js';
import type { KnownDurations } from '../store/step-durations.js';
import type { Store } from '../store/store.js';
import { type ExpectedSeconds, expectedSeconds } from './expected-seconds.js';
import type { Task } from './schedule/task.js';

/** What earlier runs tell of the time that steps take, and what this one adds to that for later ones. */
export class EarlierDurations {
  readonly #store: Store;
  /** A short name of the series of runs: its steps are the same ones, whatever was edited. */
  readonly #series: string;
  /** Durations as they were when the run began: what the run measures itself is told by its own events. */
  readonly #known = new Map<string, KnownDurations>();

  constructor(store: Store, run: OfSeries) {
    this.#store = store;
    this.#series = hexOf(digestOf(seriesOf(run))).slice(0, 16);
  }

  expected(step: Step, deviceClass: string): ExpectedSeconds {
    const known = this.#known.get(deviceClass) ?? this.#store.durations.of(deviceClass);
    this.#known.set(deviceClass, known);
    return expectedSeconds(known, this.#named(step));
  }

  /** Remembers how long those of the tasks took that ran. */
  async keep(tasks: readonly Task[], deviceClass: string): Promise<void> {
    const ran = tasks.flatMap(({ step, state, seconds }) =>
      state !== 'ran' || seconds === undefined ? [] : [{ ...this.#named(step), seconds }],
    );
    await this.#store.durations.add(deviceClass, ran);
  }

  #named({ id, kind, cost }: Step) {
    return { name: `${this.#series} ${id}`, kind, ...(cost === undefined ? {} : { cost }) };
  }
}
