import type { ProjectionMode, Side } from '../formats/projection.js';
import type { Definition } from './definition.js';

export type Subspace = Definition &
  (
    | { readonly kind: 'top-k'; readonly of: string }
    | { readonly kind: 'random-k'; readonly of: string; readonly seeds: readonly number[] }
    | { readonly kind: 'random'; readonly like: string; readonly seeds: readonly number[] }
  );

/** The update that a subspace is made of, or whose shapes it has. */
export function updateOf(subspace: Subspace): string {
  return subspace.kind === 'random' ? subspace.like : subspace.of;
}

export interface Sweep extends Definition {
  readonly project: readonly string[];
  readonly onto: readonly string[];
  readonly mode: ProjectionMode;
  readonly side: Side;
  readonly fractions: readonly number[];
  /** `energy`, or names of behaviour metrics. */
  readonly measure: readonly string[];
}
