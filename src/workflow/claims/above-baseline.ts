import type { Definition } from '../definition.js';
import { claimedOverlap } from './claimed-overlap.js';
import type { ClaimKind } from './kind.js';

/** The metric's pairs overlap more than random subspaces of the same sizes. */
export interface AboveBaselineClaim extends Definition {
  readonly kind: 'above-baseline';
  readonly metric: string;
}

export interface RawAboveBaseline {
  readonly kind: 'above-baseline';
  readonly metric: string;
}

export const aboveBaseline: ClaimKind<AboveBaselineClaim, RawAboveBaseline> = {
  resolve(scope, definition, { kind, metric }, path, claimed) {
    claimedOverlap(scope, claimed, metric, path);
    return { ...definition, kind, metric };
  },
};
