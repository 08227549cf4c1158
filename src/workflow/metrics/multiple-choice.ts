import type { ChoiceScore } from '../../formats/choice-questions.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { BehaviourKind } from './kind.js';
import { type OnDataset, type RawOnDataset, resolveOnDataset } from './on-dataset.js';

/** Part of the multiple-choice questions whose likeliest choice is right. Nothing is generated. */
export interface MultipleChoiceMetric extends OnDataset {
  readonly kind: 'multiple-choice';
  /** Paths, as `choices`, `labels`, `answer` and `groups`. */
  readonly question: string;
  readonly choices: string | readonly string[];
  /** null: A, B, C … */
  readonly labels: string | null;
  readonly answer: string;
  readonly template: string;
  /** What follows the context and is scored. */
  readonly continuation: 'text' | 'label';
  /** null: there is none. */
  readonly description: string | null;
  readonly chat: boolean;
  /** Begins what the model answers; null: nothing does. */
  readonly prefix: string | null;
  /** Worked examples before each question; `from` null: the questions themselves. */
  readonly fewshot: {
    readonly n: number;
    readonly from: string | null;
    readonly pick: 'first' | { readonly seed: number };
  };
  /** null: there are none. */
  readonly groups: string | null;
  /** The metric's own score, and others. */
  readonly scores: readonly [ChoiceScore, ...ChoiceScore[]];
  readonly bos: 'tokenizer' | 'none';
  /** Maximum length in tokens; null: what the model was made for. */
  readonly maxLength: number | null;
  /** Rows of the dataset, of each group, from the first on; null: all. */
  readonly limit: number | null;
}

export interface RawMultipleChoice extends RawOnDataset {
  readonly kind: 'multiple-choice';
  readonly question?: string;
  readonly choices?: string | readonly string[];
  readonly labels?: string;
  readonly answer?: string;
  readonly template?: string;
  readonly continuation?: MultipleChoiceMetric['continuation'];
  readonly description?: string;
  readonly chat?: boolean;
  readonly prefix?: string;
  readonly fewshot?:
    | number
    | { readonly n: number; readonly from?: string; readonly pick?: 'first' | 'random'; readonly seed?: number };
  readonly groups?: string;
  readonly scores?: ChoiceScore | MultipleChoiceMetric['scores'];
  readonly bos?: MultipleChoiceMetric['bos'];
  readonly 'max-length'?: number;
  readonly limit?: number;
}

export const multipleChoice: BehaviourKind<MultipleChoiceMetric, RawMultipleChoice> = {
  behaviour: true,
  selects: 'useful',
  parts: [],
  resolve(scope, definition, raw, path) {
    const { template = 'Question: {question}\nAnswer:', continuation = 'text', scores = ['acc', 'acc_norm'] } = raw;
    if (continuation === 'label' && !template.includes('{choices}')) {
      const message = 'the model is asked for a label, and the template does not show what the labels stand for';
      scope.refuse(
        [...path, 'continuation'],
        'no-choices',
        message,
        'Put {choices} into the template, or set continuation: text.',
      );
    }
    return {
      ...definition,
      kind: 'multiple-choice',
      ...resolveOnDataset(scope, raw, path),
      question: raw.question ?? 'question',
      choices: raw.choices ?? 'choices',
      labels: raw.labels ?? null,
      answer: raw.answer ?? 'answer',
      template,
      continuation,
      description: raw.description ?? null,
      chat: raw.chat ?? false,
      prefix: raw.prefix ?? null,
      fewshot: resolveExamples(scope, raw.fewshot ?? 0, [...path, 'fewshot']),
      groups: raw.groups ?? null,
      scores: typeof scores === 'string' ? [scores] : scores,
      bos: raw.bos ?? 'tokenizer',
      maxLength: raw['max-length'] ?? null,
      limit: raw.limit ?? null,
    };
  },
  scoreNames: ({ scores: [, ...further] }) => further,
  uses: ({ on, fewshot }) => ({ datasets: fewshot.n > 0 && fewshot.from !== null ? [on, fewshot.from] : [on] }),
};

function resolveExamples(scope: Scope, fewshot: NonNullable<RawMultipleChoice['fewshot']>, path: Path) {
  if (typeof fewshot === 'number') return { n: fewshot, from: null, pick: { seed: 1234 } };
  const { n, pick = 'random', seed } = fewshot;
  if (pick === 'first' && seed !== undefined) {
    const message = 'the first rows are taken, so that nothing is drawn by the seed';
    scope.refuse([...path, 'seed'], 'no-drawing', message, 'Remove it, or set pick: random.');
  }
  const from = fewshot.from === undefined ? null : scope.reference('datasets', fewshot.from, [...path, 'from']);
  return { n, from, pick: pick === 'first' ? pick : { seed: seed ?? 1234 } };
}
