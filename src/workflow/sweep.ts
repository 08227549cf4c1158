import type { ProjectionMode, Side } from '../formats/projection.js';
import type { Definition } from './definition.js';

export interface Sweep extends Definition {
  readonly project: readonly string[];
  readonly onto: readonly string[];
  readonly mode: ProjectionMode;
  /** Of the subspaces that have none of their own. */
  readonly side: Side;
  readonly fractions: readonly number[];
  /** `energy`, or names of behaviour metrics. */
  readonly measure: readonly string[];
}
