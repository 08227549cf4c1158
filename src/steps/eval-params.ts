import type { Claim } from '../eval/claims.js';
import type { OpenAiJudgeConfig } from '../eval/openai-judge.js';
import type { Rules } from '../eval/rules-judge.js';
import type { ProjectionMode, Side } from '../formats/projection.js';
import type { AnswerFilter } from '../formats/response-choices.js';

/**
 * Parameters of the steps that score what models did, beside params.ts. `responses` are JSON lines, one a row of the
 * dataset from the first on: { prompt, response }, where `prompt` is the text that the model was given. `items` are JSON
 * lines too, for people; `scores` is a Scores, for tables and claims.
 */

/** One line of `responses`. */
export type GeneratedRow = { readonly prompt: string; readonly response: string };

/** Content of `scores`, as JSON. */
export type Scores = {
  /** One an item, in the order of the rows. null: invalid, counted but in no mean. */
  readonly values: readonly (number | null)[];
  /** What each item counts in the mean (tokens of a row's loss). Absent: all alike. */
  readonly weights?: readonly number[];
};

/** `exact-match[metric,model]`: inputs `rows`, `responses` → `scores` (1 right, 0 wrong), `items`. */
export type ExactMatchParams = {
  readonly dataset: string;
  /** Column of the right answer. */
  readonly answer: string;
  readonly extract: AnswerFilter;
};

/** `judge[metric,model]`: inputs `rows`, `responses` → `scores` (1 … 5), `items`. Hints: JudgeHints. */
export type JudgeParams = {
  readonly dataset: string;
  /** Column of what was asked; the judge does not see the template around it. */
  readonly prompt: string;
  readonly judge: { readonly rules: Rules } | { readonly openai: OpenAiJudgeConfig };
};

/** How verdicts are got, whatever they are: no part of the key. */
export type JudgeHints = {
  /** Name of the environment variable that holds the key; absent: none is sent. */
  readonly key?: string;
  readonly concurrency: number;
  readonly attempts: number;
  readonly timeoutSeconds: number;
  /** Whose budget it is: all steps of a run that name it share it. */
  readonly judge: string;
  /** How many models' responses that judge gets. */
  readonly responseSets: number;
  readonly budget: { readonly requests?: number; readonly tokens?: number };
};

/**
 * `evaluation-table`: inputs `<row>/scores` and, for rows with `items`, `<row>/items` → `evaluation.csv`, and
 * `items/<metric>.jsonl` for each metric that has items; with one at least, `samples.csv`: the first items of whole models.
 */
export type EvaluationTableParams = {
  readonly rows: readonly EvaluationTableRow[];
};

export type EvaluationTableRow = Measured & {
  readonly metric: string;
  readonly kind: 'exact-match' | 'judge' | 'loss';
  readonly items: boolean;
};

/** What was measured: a model as it is, or the model that a projected update makes. Of the two names one is null. */
export type Measured = {
  readonly model: string | null;
  readonly update: string | null;
  readonly subspace: string | null;
  readonly seed: number | null;
  readonly mode: ProjectionMode | null;
  readonly side: Side | null;
  readonly fraction: number | null;
};

/** `activation-table`: inputs `<row>` (OverlapResult, as of updates) → `activations.csv`. */
export type ActivationTableParams = { readonly rows: readonly ActivationTableRow[] };

export type ActivationTableRow = {
  readonly metric: string;
  readonly model: string;
  /** Names of the two sets of prompts. */
  readonly pair: readonly [string, string];
  /** 0: embeddings; the last: after the final norm. */
  readonly layer: number;
  /** Whether the layer lies in the window that means are taken over. */
  readonly inWindow: boolean;
  /** Ascending. */
  readonly energies: readonly number[];
};

/**
 * `claims`: inputs named like the tables (`energy.csv`, `energy-by-tensor.csv`, `overlap.csv`, `activations.csv`), those
 * that there are, and `<row>/scores` → `claims.csv`.
 */
export type ClaimsParams = {
  readonly claims: readonly ClaimOfTables[];
  /** What the `scores` are of. */
  readonly rows: readonly Omit<EvaluationTableRow, 'items'>[];
};

export type ClaimOfTables = {
  readonly name: string;
  readonly claim: Claim;
  /** For claims about pairs: the metric of activations.csv, or null for overlap.csv. */
  readonly activations: string | null;
};
