import type { Extent, ProjectionMode, Side } from '../formats/projection.js';
import type { Definition } from './definition.js';

export interface Sweep extends Definition {
  readonly project: readonly string[];
  readonly onto: readonly string[];
  readonly mode: ProjectionMode;
  /** Side of the subspaces that have none of their own. */
  readonly side: Side;
  /** Fractions of a tensor's directions; empty where the sweep has ranks alone. */
  readonly fractions: readonly number[];
  /** Numbers of directions; empty where the sweep has fractions alone. */
  readonly ranks: readonly number[];
  /** `energy`, or names of behaviour metrics. */
  readonly measure: readonly string[];
}

/** Fractions, then ranks, ascending. */
export function extentsOf({ fractions, ranks }: Pick<Sweep, 'fractions' | 'ranks'>): Extent[] {
  return [
    ...[...fractions].sort((a, b) => a - b).map((fraction) => ({ fraction })),
    ...[...ranks].sort((a, b) => a - b).map((rank) => ({ rank })),
  ];
}
