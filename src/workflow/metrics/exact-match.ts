import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { AnswerFilter } from '../../formats/response-choices.js';
import type { Path } from '../document.js';
import { checkPattern } from '../pattern.js';
import type { Scope } from '../scope.js';
import type { BehaviourKind } from './kind.js';
import {
  type Generating,
  type OnDataset,
  type RawGenerating,
  type RawOnDataset,
  resolveOnDataset,
} from './on-dataset.js';

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

export interface RawExactMatch extends RawOnDataset, RawGenerating {
  readonly kind: 'exact-match';
  readonly question?: string;
  readonly answer?: string;
  readonly fewshot?: number | { readonly n: number; readonly from?: string; readonly seed?: number };
  readonly extract?: 'flexible' | 'strict' | { readonly regex: string; readonly take?: 'first' | 'last' };
  readonly template?: PromptTemplate | 'question';
}

/** How lm-evaluation-harness writes a question of gsm8k. */
const questionTemplate = { prompt: 'Question: {prompt}\nAnswer:', response: ' {response}' } as const;

export const exactMatch: BehaviourKind<ExactMatchMetric, RawExactMatch> = {
  behaviour: true,
  selects: 'useful',
  parts: [],
  resolve(scope, definition, raw, path) {
    const { template = 'question' } = raw;
    return {
      ...definition,
      kind: 'exact-match',
      ...resolveOnDataset(scope, raw, path),
      question: raw.question ?? 'question',
      answer: raw.answer ?? 'answer',
      fewshot: resolveFewshot(scope, raw.fewshot ?? 0, [...path, 'fewshot']),
      extract: resolveFilter(scope, raw.extract ?? 'flexible', [...path, 'extract']),
      template: template === 'question' ? questionTemplate : template,
      maxTokens: raw['max-tokens'] ?? 256,
      stop: raw.stop ?? ['Question:', '</s>', '<|im_end|>'],
      limit: raw.limit ?? null,
    };
  },
  uses: ({ on, fewshot }) => ({ datasets: fewshot.n > 0 && fewshot.from !== null ? [on, fewshot.from] : [on] }),
};

function resolveFewshot(scope: Scope, fewshot: NonNullable<RawExactMatch['fewshot']>, path: Path) {
  if (typeof fewshot === 'number') return { n: fewshot, from: null, seed: 1234 };
  const from = fewshot.from === undefined ? null : scope.reference('datasets', fewshot.from, [...path, 'from']);
  return { n: fewshot.n, from, seed: fewshot.seed ?? 1234 };
}

function resolveFilter(scope: Scope, extract: NonNullable<RawExactMatch['extract']>, path: Path): AnswerFilter {
  if (typeof extract === 'string') return extract;
  checkPattern(scope, extract.regex, 'g', [...path, 'regex']);
  return { regex: extract.regex, take: extract.take ?? 'last' };
}
