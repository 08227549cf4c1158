/** What a page tells of the run that made it: beside the report, which is the same whenever and wherever it is made. */
export interface RunFacts {
  /** Id of the run. */
  readonly run: string;
  readonly started: Date;
  readonly seconds: number;
  readonly counts: { readonly ran: number; readonly cached: number; readonly failed: number };
  /** The command that makes the results again. */
  readonly command: string;
  /** Name, and from where it is read in its repository. */
  readonly workflow: {
    readonly file: string;
    readonly text: string;
    /** Whether includes, profile and settings are applied in the text; else it is the file as it was read. */
    readonly isApplied: boolean;
  };
  /** Address of the file with the timeline, from the page. */
  readonly timeline: string;
  readonly repository: { readonly commit: string; readonly state: string } | undefined;
  readonly device: string | undefined;
  readonly versions: Readonly<Record<string, string>>;
  /** What comes from the hub: its name, the repository, the commit. */
  readonly hub: readonly { readonly name: string; readonly repo: string; readonly commit: string }[];
  readonly changes: Changes;
  readonly groups: readonly StepGroup[];
  readonly spans: readonly Span[];
}

/** What is other than the last time. */
export interface Changes {
  /** When the results before these were made; undefined: there were none. */
  readonly since: string | undefined;
  /** Reasons for which steps ran, and how many. */
  readonly reasons: readonly { readonly text: string; readonly steps: number }[];
  /** Result files whose content is another. */
  readonly files: readonly string[];
  /** The text of claims.csv, before and now; undefined where one of them is missing or is not what the run before left. */
  readonly claims: { readonly before: string; readonly now: string } | undefined;
}

/** Steps that a reader thinks of as one. */
export interface StepGroup {
  readonly name: string;
  readonly counts: { readonly ran: number; readonly cached: number; readonly failed: number; readonly notRun: number };
  /** Work of those that ran in this run, all attempts. */
  readonly seconds: number;
  /** Names of the groups whose outputs it takes. */
  readonly after: readonly string[];
}

/** When a step of a group was at work, in seconds since the run began. */
export interface Span {
  readonly group: string;
  readonly start: number;
  readonly end: number;
}
