import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { Sampling } from '../../formats/response-choices.js';
import { isBehindServer, type Judge, type JudgeBehindServer, type RawJudge } from '../judges/judge.js';
import { modelsAsked, resolveJudge, scoreNamesOf } from '../judges/registry.js';
import type { BehaviourKind } from './kind.js';
import {
  type Generating,
  type OnDataset,
  type RawGenerating,
  type RawOnDataset,
  resolveOnDataset,
} from './on-dataset.js';

/** A judge's mean score of the responses. */
export interface JudgeMetric extends OnDataset, Generating {
  readonly kind: 'judge';
  /** The column of the prompt. */
  readonly prompt: string;
  readonly judge: Judge;
  /** null: greedy. */
  readonly sampling: Sampling | null;
}

export interface RawJudgeMetric extends RawOnDataset, RawGenerating {
  readonly kind: 'judge';
  readonly prompt?: string;
  readonly template?: PromptTemplate;
  readonly judge: RawJudge;
  readonly sampling?: {
    readonly temperature: number;
    readonly 'top-p'?: number;
    readonly 'top-k'?: number;
    readonly seed?: number;
  };
}

export const judge: BehaviourKind<JudgeMetric, RawJudgeMetric> = {
  behaviour: true,
  selects: 'harmful',
  parts: [],
  resolve(scope, definition, raw, path, { seed }) {
    const { sampling } = raw;
    return {
      ...definition,
      kind: 'judge',
      ...resolveOnDataset(scope, raw, path),
      prompt: raw.prompt ?? 'prompt',
      template: raw.template ?? 'alpaca',
      judge: resolveJudge(scope, raw.judge, [...path, 'judge']),
      maxTokens: raw['max-tokens'] ?? 512,
      stop: raw.stop ?? [],
      sampling:
        sampling === undefined
          ? null
          : {
              temperature: sampling.temperature,
              topP: sampling['top-p'] ?? 1,
              topK: sampling['top-k'] ?? null,
              seed: sampling.seed ?? seed,
            },
      limit: raw.limit ?? null,
    };
  },
  scoreNames: ({ judge: asked }) => scoreNamesOf(asked),
  uses: ({ on, judge: asked }) => ({ datasets: [on], models: modelsAsked(asked) }),
};

/** A metric that a server judges. */
export type ServerJudged = JudgeMetric & { readonly judge: JudgeBehindServer };

export function isServerJudged(metric: { readonly kind: string }): metric is ServerJudged {
  return metric.kind === 'judge' && isBehindServer((metric as JudgeMetric).judge);
}
