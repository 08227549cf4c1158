import { EnvironmentError } from '../diagnostics/errors.js';
import { diskError, errorCode, isObstacle, readText } from './disk.js';
import { seal, unseal } from './sealed.js';
import type { StoreFolder } from './store-folder.js';

/** How long a step took. */
export interface StepDuration {
  /** Series of runs and step: what a later run calls the same, whatever was edited. */
  readonly name: string;
  readonly kind: string;
  /** Work in the unit of its kind, where the planner tells it. */
  readonly cost?: number;
  readonly seconds: number;
}

/** What is remembered of one class of devices. Newer durations come after older ones. A type, not an interface, so that it is JSON. */
export type KnownDurations = {
  /** Cost and seconds of steps that have a cost, by kind. */
  readonly kinds: Readonly<Record<string, readonly (readonly [cost: number, seconds: number])[]>>;
  /** Seconds of other steps, by name. */
  readonly steps: Readonly<Record<string, number>>;
};

const nothingKnown: KnownDurations = { kinds: {}, steps: {} };

const keptOfKind = 64;
const keptSteps = 2000;
const keptClasses = 4;

/**
 * Seconds that steps took, by class of device, for the time left of later runs: `durations` in the store. A memory only:
 * without it a run says less about when it ends. Of two processes that write at once one wins.
 */
export class StepDurations {
  readonly #folder: StoreFolder;

  constructor(folder: StoreFolder) {
    this.#folder = folder;
  }

  /** @throws EnvironmentError when the disk cannot be read */
  of(deviceClass: string): KnownDurations {
    return new Map(this.#read()).get(deviceClass) ?? nothingKnown;
  }

  /** Remembers durations, and forgets the oldest where there are too many. A disk that takes nothing more is no error. */
  async add(deviceClass: string, durations: readonly StepDuration[]): Promise<void> {
    if (durations.length === 0) return;
    try {
      const classes = new Map(this.#read());
      const known = classes.get(deviceClass) ?? nothingKnown;
      classes.delete(deviceClass);
      classes.set(deviceClass, withDurations(known, durations));
      await this.#folder.writeFile(this.#file, seal({ classes: [...classes].slice(-keptClasses) }));
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
    }
  }

  get #file(): string {
    return this.#folder.in('durations');
  }

  /** Classes of devices, the one that was used last at the end. */
  #read(): readonly (readonly [deviceClass: string, known: KnownDurations])[] {
    let text: string;
    try {
      text = readText(this.#folder.disk, this.#file);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || isObstacle(error)) return [];
      throw diskError(error, this.#folder.path, 'reading how long steps took');
    }
    const record = unseal(text) as { readonly classes?: [string, KnownDurations][] } | undefined;
    return record?.classes ?? [];
  }
}

function withDurations(known: KnownDurations, durations: readonly StepDuration[]): KnownDurations {
  const kinds = new Map(Object.entries(known.kinds));
  const steps = new Map(Object.entries(known.steps));
  for (const { name, kind, cost, seconds } of durations) {
    if (cost !== undefined) kinds.set(kind, [...(kinds.get(kind) ?? []), [cost, seconds] as const].slice(-keptOfKind));
    else {
      steps.delete(name);
      steps.set(name, seconds);
    }
  }
  return { kinds: Object.fromEntries(kinds), steps: Object.fromEntries([...steps].slice(-keptSteps)) };
}
