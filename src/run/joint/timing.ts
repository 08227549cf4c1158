/** How often those who take part in a joint run look at each other, and how long they wait. Tests have a hurry. */
export interface JointTiming {
  /** Between two looks at the files of the joint run. */
  readonly tickSeconds: number;
  /** Between two questions to the queue. */
  readonly pollSeconds: number;
  /** A runner that the queue does not name and that gave no sign of life for so long is lost. */
  readonly lostSeconds: number;
  /** A runner that could do nothing for so long leaves. */
  readonly idleSeconds: number;
  /** Runners are warned so long before their time limit. */
  readonly leadSeconds: number;
  /** Seconds that runners have to leave after a cancellation. */
  readonly graceSeconds: number;
  /** An owner of a step on another host is dead after so long without a sign of life: what it did is taken over. */
  readonly silenceSeconds: number;
  /** So many runners may be lost one after the other without a step done in between. */
  readonly mostLost: number;
}

export const usualTiming: JointTiming = {
  tickSeconds: 1,
  pollSeconds: 15,
  lostSeconds: 300,
  idleSeconds: 300,
  leadSeconds: 120,
  graceSeconds: 60,
  silenceSeconds: 120,
  mostLost: 5,
};
