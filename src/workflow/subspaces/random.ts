import type { Definition } from '../definition.js';
import type { SubspaceKind } from './kind.js';

/** Random orthonormal vectors, as long as the singular vectors of an update. */
export interface Random extends Definition {
  readonly kind: 'random';
  readonly like: string;
  readonly seeds: readonly number[];
}

export interface RawRandom {
  readonly kind: 'random';
  readonly like: string;
  readonly seeds?: readonly number[];
}

export const random: SubspaceKind<Random, RawRandom> = {
  resolve: (scope, definition, { like, seeds }, path, { seed }) => ({
    ...definition,
    kind: 'random',
    like: scope.reference('updates', like, [...path, 'like']),
    seeds: (seeds ?? [seed]).toSorted((a, b) => a - b),
  }),
  uses: ({ like }) => ({ update: like }),
  seeds: ({ seeds }) => seeds,
};
