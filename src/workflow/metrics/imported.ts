import { resolveRange, type ScoreRange } from '../score-range.js';
import type { BehaviourKind } from './kind.js';
import { type OnDataset, type RawOnDataset, resolveOnDataset } from './on-dataset.js';

/** Scores of an outside judge or classifier. */
export interface ImportedMetric extends OnDataset {
  readonly kind: 'imported';
  /** The dataset of scores. */
  readonly from: string;
  /** Columns of scores: the model, the item and the score. */
  readonly model: string;
  readonly item: string;
  readonly score: string;
  /** The column of the dataset that tells items apart; null: items are named by position. */
  readonly id: string | null;
  /** The values that a score can have; null: any. */
  readonly bounds: ScoreRange | null;
  /** Rows of the dataset, from the first on; null: all. */
  readonly limit: number | null;
}

export interface RawImported extends RawOnDataset {
  readonly kind: 'imported';
  readonly from: string;
  readonly model?: string;
  readonly item?: string;
  readonly score?: string;
  readonly id?: string;
  readonly range?: readonly [number, number];
  readonly limit?: number;
}

export const imported: BehaviourKind<ImportedMetric, RawImported> = {
  behaviour: true,
  parts: [],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'imported',
    ...resolveOnDataset(scope, raw, path),
    from: scope.reference('datasets', raw.from, [...path, 'from']),
    model: raw.model ?? 'model',
    item: raw.item ?? 'item',
    score: raw.score ?? 'score',
    id: raw.id ?? null,
    bounds: resolveRange(scope, raw.range, path),
    limit: raw.limit ?? null,
  }),
  uses: ({ on, from }) => ({ datasets: [on, from] }),
};
