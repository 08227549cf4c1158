import type { ClusterResources } from '../../workflow/cluster.js';

/** What a queue is asked for: any number of runners of one joint run, as one job where the queue knows arrays. */
export interface RunnersWanted {
  /** `runflow-<run>-<attempt>`: how runners are found again, whatever ids the queue hands out. */
  readonly jobName: string;
  /** Runners to start; each has an index from 0. */
  readonly count: number;
  /** Program and arguments of a runner without its index, which the queue adds as the last two: `--index`, a number. */
  readonly argv: readonly string[];
  /** Names of variables that runners get from this environment, and no others: keys, the adapter, where the hub's cache is. */
  readonly variables: readonly string[];
  readonly resources: ClusterResources;
  /** Folder that every host sees, for what the queue keeps of the job: its output. */
  readonly folder: string;
  /** Seconds before the time limit at which runners are warned. */
  readonly leadSeconds: number;
}

/** What a queue says of a runner: a hint, never the truth. A runner that it does not name is unknown to it. */
export type QueueState = 'pending' | 'running' | 'ended';

/**
 * Places runners on machines: Slurm, or whatever three commands of the user's speak to. It decides where and when; it knows
 * nothing of steps.
 */
export interface Queue {
  /**
   * Hands runners in. Whether they were taken is told by their job name alone: a queue may have taken them though this
   * throws.
   * @returns what the queue calls the job, for messages
   * @throws EnvironmentError when it refuses, or cannot be asked
   */
  submit(wanted: RunnersWanted): Promise<string>;
  /**
   * Asks once for all jobs.
   * @returns by job name and index; undefined when the queue does not answer, which says nothing of the runners
   */
  poll(jobNames: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<number, QueueState>> | undefined>;
  /** What the last poll told for people: why runners wait (`reason: Priority`), or why the queue did not answer. */
  readonly note: string | undefined;
  /** Ends all runners of these jobs. Those that have ended are none of its business. */
  cancel(jobNames: readonly string[]): Promise<void>;
}
