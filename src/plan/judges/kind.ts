import type { Input } from '../../steps/step.js';
import type { ScoredModel } from '../metrics/scored-model.js';

/** What the plan knows of a kind of judge. */
export interface JudgePlan<Judge> {
  /** Adds the step that judges the responses of one model. @returns its id */
  score(judge: Judge, asked: Asked, subject: ScoredModel): string;
}

/** What is judged. */
export interface Asked {
  /** Name of the metric. */
  readonly metric: string;
  /** `datasets.advbench` */
  readonly dataset: string;
  /** The column of what was asked. */
  readonly prompt: string;
  readonly inputs: { readonly rows: Input; readonly responses: Input };
}
