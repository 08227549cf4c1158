import type { Definition } from '../definition.js';
import type { OverlapKind, Pair } from './kind.js';

/** Mode subspace overlap of updates. */
export interface MsoMetric extends Definition {
  readonly kind: 'mso';
  /** Pairs of updates. */
  readonly pairs: readonly Pair[];
  readonly energies: readonly number[];
}

export interface RawMso {
  readonly kind: 'mso';
  readonly pairs: readonly Pair[];
  readonly energies: readonly number[];
}

export const mso: OverlapKind<MsoMetric, RawMso> = {
  behaviour: false,
  parts: ['overlap'],
  resolve(scope, definition, raw, path) {
    const pairs = raw.pairs.map((pair, index): Pair => {
      const [a, b] = scope.references('updates', pair, [...path, 'pairs', String(index)]);
      return [a!, b!];
    });
    return { ...definition, kind: 'mso', pairs, energies: raw.energies };
  },
  uses: ({ pairs }) => ({ updates: pairs.flat() }),
  pairs: ({ pairs }) => pairs,
};
