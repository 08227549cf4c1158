import type { Definition } from '../definition.js';
import type { Pair, TableKind } from './kind.js';

/** Cosine and sign agreement of updates. */
export interface CosineMetric extends Definition {
  readonly kind: 'cosine';
  /** Pairs of updates. */
  readonly pairs: readonly Pair[];
}

export interface RawCosine {
  readonly kind: 'cosine';
  readonly pairs: readonly Pair[];
}

export const cosine: TableKind<CosineMetric, RawCosine> = {
  behaviour: false,
  parts: ['cosine'],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'cosine',
    pairs: raw.pairs.map((pair, index): Pair => {
      const [a, b] = scope.references('updates', pair, [...path, 'pairs', String(index)]);
      return [a!, b!];
    }),
  }),
  uses: ({ pairs }) => ({ updates: pairs.flat() }),
};
