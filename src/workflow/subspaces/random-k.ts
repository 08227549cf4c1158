import type { Definition } from '../definition.js';
import type { SubspaceKind } from './kind.js';

/** Singular vectors of an update in random order. */
export interface RandomK extends Definition {
  readonly kind: 'random-k';
  readonly of: string;
  readonly seeds: readonly number[];
}

export interface RawRandomK {
  readonly kind: 'random-k';
  readonly of: string;
  readonly seeds?: readonly number[];
}

export const randomK: SubspaceKind<RandomK, RawRandomK> = {
  resolve: (scope, definition, { of, seeds }, path, { seed }) => ({
    ...definition,
    kind: 'random-k',
    of: scope.reference('updates', of, [...path, 'of']),
    seeds: (seeds ?? [seed]).toSorted((a, b) => a - b),
  }),
  uses: ({ of }) => ({ update: of }),
  seeds: ({ seeds }) => seeds,
};
