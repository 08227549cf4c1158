/** Exit codes of every `runflow` command. Other people's scripts read them: never renumber. */
export const exitCodes = {
  done: 0,
  stepFailed: 1,
  invalid: 2,
  environment: 3,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
