import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { AnswerFilter, RubricChoice, Sampling } from '../../formats/response-choices.js';
import type { Definition } from '../definition.js';
import type { TokenOptions } from '../recipes.js';

export type Metric = MsoMetric | ActivationMsoMetric | BehaviourMetric;

/** What a model does: measured of single models, and along the points of sweeps. */
export type BehaviourMetric = ExactMatchMetric | JudgeMetric | LossMetric;

export function isBehaviour(metric: Metric): metric is BehaviourMetric {
  return metric.kind === 'exact-match' || metric.kind === 'judge' || metric.kind === 'loss';
}

/** Mode subspace overlap of updates. */
export interface MsoMetric extends Definition {
  readonly kind: 'mso';
  /** Pairs of updates. */
  readonly pairs: readonly (readonly [string, string])[];
  readonly energies: readonly number[];
}

/** Mode subspace overlap of what sets of prompts activate. */
export interface ActivationMsoMetric extends Definition {
  readonly kind: 'activation-mso';
  readonly models: readonly string[];
  /** Datasets; all pairs of them are compared. */
  readonly prompts: readonly string[];
  /** The column of the prompt. */
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** From and to, as parts of the depth. */
  readonly layers: readonly [number, number];
  readonly position: 'last-prompt' | 'last-padded' | 'last-generated';
  /** To generate, with position last-generated. */
  readonly maxTokens: number;
  /** Of a prompt. */
  readonly maxLength: number;
  readonly centre: boolean;
  readonly energies: readonly number[];
}

interface OnDataset extends Definition {
  /** The dataset. */
  readonly on: string;
  /** Measured beside the models of the sweeps that name the metric. */
  readonly models: readonly string[];
}

/** How responses are generated. */
interface Generating {
  readonly template: PromptTemplate;
  readonly maxTokens: number;
  /** Texts that end a response. */
  readonly stop: readonly string[];
  /** Rows of the dataset, from the first on; null: all. */
  readonly limit: number | null;
}

/** Part of the questions that are answered right. Decoding is greedy. */
export interface ExactMatchMetric extends OnDataset, Generating {
  readonly kind: 'exact-match';
  /** Columns. */
  readonly question: string;
  readonly answer: string;
  /** Worked examples before each question; `from` null: the questions themselves. */
  readonly fewshot: { readonly n: number; readonly from: string | null; readonly seed: number };
  readonly extract: AnswerFilter;
}

/** A judge's mean score of the responses. */
export interface JudgeMetric extends OnDataset, Generating {
  readonly kind: 'judge';
  /** The column of the prompt. */
  readonly prompt: string;
  readonly judge: JudgeChoice;
  /** null: greedy. */
  readonly sampling: Sampling | null;
}

export type JudgeChoice =
  | {
      readonly kind: 'rules';
      readonly refusals: 'gcg' | 'qi' | readonly string[];
      /** The column with the word of each row. */
      readonly contains?: string;
    }
  | {
      readonly kind: 'openai';
      readonly model: string;
      readonly url: string;
      /** The environment variable that holds the key. */
      readonly key?: string;
      readonly rubric: RubricChoice;
      readonly maxTokens: number;
      /** `default`: the model's own. Absent: 0, or the model's own where it takes none. */
      readonly temperature?: number | 'default';
      readonly seed: number;
      /** How verdicts are got, whatever they are: no part of the key. */
      readonly asking: Asking;
    }
  | {
      readonly kind: 'model';
      /** Of the workflow. */
      readonly model: string;
      readonly rubric: RubricChoice;
      readonly template: 'chat' | 'raw';
      readonly maxTokens: number;
    };

export interface Asking {
  readonly concurrency: number;
  readonly attempts: number;
  readonly timeoutSeconds: number;
  readonly budget: { readonly requests?: number; readonly tokens?: number };
}

/** Mean loss a token. */
export interface LossMetric extends OnDataset {
  readonly kind: 'loss';
  readonly tokens: TokenOptions;
}

/** Pairs of updates, or all pairs of the sets of prompts, in the order of the metric. */
export function pairsOfMetric(metric: MsoMetric | ActivationMsoMetric): readonly (readonly [string, string])[] {
  if (metric.kind === 'mso') return metric.pairs;
  return metric.prompts.flatMap((a, index) => metric.prompts.slice(index + 1).map((b) => [a, b] as const));
}
