/** One line of what was looked at: it is well, or what to do. */
export interface QueueFinding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do, where it is not well or could be better. */
  readonly advice?: string;
}
