import type { EnvironmentError } from '../../diagnostics/errors.js';
import type { ExpectedDevice } from '../device.js';
import type { PinnedCommits } from '../hub-pins.js';
import type { Prepared } from '../prepare.js';
import type { StepStore } from '../schedule/step-store.js';
import type { Team } from '../schedule/team.js';
import type { ToldByRunners } from './told.js';

/** What a session does otherwise because it is a part of a joint run: one of its runners, or what publishes it. */
export interface JointPart {
  /** When the joint run was submitted: of what publishes it. Absent: the session began by itself. */
  readonly started?: Date;
  /** Commits of hub models and datasets as they were submitted. */
  readonly commits: PinnedCommits;
  /** The device that keys are made for. */
  device(): Promise<ExpectedDevice | EnvironmentError>;
  /** Refuses a plan of other data than was submitted. @throws EnvironmentError */
  check(prepared: Prepared): void;
  /** Forced steps that have run in the joint run; asked of each step anew. */
  readonly forced: Pick<ReadonlySet<string>, 'has'>;
  /** The store of steps, with what the joint run notes of them. */
  steps(store: StepStore): StepStore;
  /** Makes the team of a round of a runner. */
  readonly team?: () => Team;
  /** Finds the device that the joint run has got since the keys were made; undefined: they are right. */
  readonly namedDevice?: () => ExpectedDevice | undefined;
  /** What the runners did, for what publishes it. Nothing is done then. */
  readonly told?: PublishedParts;
}

/** What the runners did, and how that ended. */
export interface PublishedParts extends Pick<ToldByRunners, 'records' | 'failures' | 'times'> {
  readonly isCancelled: boolean;
  /** What of the machines made it end; absent: nothing. */
  readonly fault?: string;
}
