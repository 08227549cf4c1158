import type { Digest } from '../formats/digest.js';
import type { Store } from '../store/store.js';
import type { Study } from '../workflow/study.js';
import type { EventBus } from './events.js';
import type { ExecutorName, WorkerLimits } from './executors/executor.js';
import type { JointPart } from './joint/part.js';

/** What a run is asked to do, and with what. */
export interface RunOptions {
  readonly study: Study;
  readonly store: Store;
  readonly events: EventBus;
  /** Folder for results. Default: one below `results/` that the workflow's name and settings name. */
  readonly out?: string;
  /** False: leave the results folder alone. */
  readonly results?: boolean;
  readonly targets?: readonly string[];
  readonly force?: readonly string[];
  readonly keepGoing?: boolean;
  /** Words that name the run later. */
  readonly tags?: readonly string[];
  /** What it is for, when that is no `runflow run`. */
  readonly purpose?: 'export';
  /** Refuse hub revisions that the lock file does not pin. */
  readonly locked?: boolean;
  readonly retries?: number;
  /** Executor of the steps. Default: a process of this machine. */
  readonly executor?: ExecutorName;
  readonly limits?: WorkerLimits;
  /** Aborted at the first Ctrl-C: steps in work are asked to stop. */
  readonly signal?: AbortSignal;
  /** Aborted at the second: they are ended at once. */
  readonly killSignal?: AbortSignal;
  /**
   * Digests of the programs of the user's that may be run (`allowPrograms` tells them). A workflow with another program
   * is refused before anything is run or fetched. Default: none.
   */
  readonly allowed?: ReadonlySet<Digest>;
  readonly environment?: NodeJS.ProcessEnv;
  /** The session is a part of a joint run, which others have begun. */
  readonly part?: JointPart;
}
