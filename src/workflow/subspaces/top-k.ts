import type { Definition } from '../definition.js';
import type { SubspaceKind } from './kind.js';

/** Leading singular vectors of an update. */
export interface TopK extends Definition {
  readonly kind: 'top-k';
  readonly of: string;
}

export interface RawTopK {
  readonly kind: 'top-k';
  readonly of: string;
}

export const topK: SubspaceKind<TopK, RawTopK> = {
  resolve: (scope, definition, { of }, path) => ({
    ...definition,
    kind: 'top-k',
    of: scope.reference('updates', of, [...path, 'of']),
  }),
  uses: ({ of }) => ({ update: of }),
};
