/** What the supervisor of a program is told to start. */
export interface ProgramStart {
  /** Absolute. */
  readonly file: string;
  readonly arguments: readonly string[];
  /** Absolute: the working folder. */
  readonly folder: string;
  /** All variables that the program gets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a supervisor reports: the process group of the program, and its end. */
export type ProgramReport = { readonly type: 'started'; readonly leader: number } | ProgramEnd;

/** What a supervisor reports at last: how the program ended, or that it could not be started. */
export type ProgramEnd =
  | { readonly type: 'ended'; readonly exitCode: number | null; readonly signal: string | null }
  | { readonly type: 'not-started'; readonly why: string };

/** The variable that tells the processes of one program from all others, those that left its group too. */
export const markVariable = 'RUNFLOW_PROGRAM';
