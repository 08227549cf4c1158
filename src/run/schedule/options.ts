import type { Artifacts } from '../../formats/artifact.js';
import type { Outcome, Situation } from '../../plan/resolve.js';
import type { Step } from '../../steps/step.js';
import type { EventBus } from '../events.js';
import type { Executor } from '../executors/executor.js';
import type { ExpectedSeconds } from '../expected-seconds.js';
import type { StepStore } from './step-store.js';
import type { Task } from './task.js';
import type { Team } from './team.js';

/** What a scheduler is given. */
export interface SchedulerOptions {
  /** Steps in plan order, with all that they need. */
  readonly steps: readonly Step[];
  /** What resolve found; kept up to date while the run goes on. */
  readonly outcomes: Map<string, Outcome>;
  readonly situation: Situation;
  readonly store: StepStore;
  readonly executor: Executor;
  readonly events: EventBus;
  /** Steps whose end was told in an earlier round of the same run. */
  readonly reported: ReadonlySet<string>;
  /** What earlier runs tell of a step's time. */
  readonly expectedOf: (step: Step) => ExpectedSeconds;
  /** Why a step runs, in one line. */
  readonly reasonOf: (step: string) => string;
  readonly workflow: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly keepGoing: boolean;
  /** How often a step is tried again when its worker was lost. */
  readonly retries: number;
  /** Takes out of a text what no event and no record may hold. */
  readonly redacted: (text: string) => string;
  readonly signal: AbortSignal;
  /** The other runners of a joint run; absent: this one runs alone. */
  readonly team?: Team;
}

/** How far a scheduler came. */
export interface SchedulerResult {
  readonly tasks: readonly Task[];
  /** Outputs of the sources and of every step that is done. */
  readonly outputs: ReadonlyMap<string, Artifacts>;
  /** Not a step but the machine is at fault: no adapter, a full disk. Nothing more was started. */
  readonly environmentFailed: boolean;
  /** What of the machine made this runner of a team leave steps to others, or leave; undefined: nothing. */
  readonly fault: string | undefined;
  /** The worker's device is of this class, not of the one planned with: plan again and go on. */
  readonly otherDevice: string | undefined;
  /** There was nothing that this runner of a team could do for so long that it left: steps that are not done are waiting. */
  readonly left: boolean;
}
