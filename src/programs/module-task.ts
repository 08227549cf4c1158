/** What a module's process is told: what to import, what to give it, and where what it returns goes. */
export interface ModuleTask {
  /** `./my-metric.js`, in the working folder. */
  readonly module: string;
  readonly output: ModuleOutput;
  /** Names of inputs. */
  readonly models: readonly string[];
  readonly datasets: readonly string[];
}

/** What a module's default export returns, and the file below outputs/ that it becomes. */
export type ModuleOutput =
  | {
      readonly kind: 'scores';
      readonly file: string;
      /** The name of a score that is a number. */
      readonly own: string;
    }
  | { readonly kind: 'rows'; readonly file: string };
