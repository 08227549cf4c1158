import type { Definition } from '../definition.js';
import { type HiddenStates, type RawHiddenStates, refuseIdleTokens, resolveHiddenStates } from './hidden-states.js';
import type { Pair, TableKind } from './kind.js';

/** Linear CKA of what the same prompts activate in two models. */
export interface CkaMetric extends Definition, HiddenStates {
  readonly kind: 'cka';
  /** Pairs of models. */
  readonly pairs: readonly Pair[];
}

export interface RawCka extends RawHiddenStates {
  readonly kind: 'cka';
  readonly pairs: readonly Pair[];
}

export const cka: TableKind<CkaMetric, RawCka> = {
  behaviour: false,
  parts: ['cka'],
  resolve(scope, definition, raw, path) {
    // Both models have read the same tokens there, in either semantics.
    const states = resolveHiddenStates(scope, raw, path, { layers: [0, 1], position: 'last-prompt' });
    refuseIdleTokens(scope, raw, path, states.position);
    const pairs = raw.pairs.map((pair, index): Pair => {
      const [a, b] = scope.references('models', pair, [...path, 'pairs', String(index)]);
      return [a!, b!];
    });
    return { ...definition, ...states, kind: 'cka', pairs };
  },
  uses: ({ pairs, prompts }) => ({ models: [...new Set(pairs.flat())], datasets: prompts }),
};
