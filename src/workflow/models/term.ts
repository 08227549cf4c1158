import type { Extent, ProjectionMode, ProjectionSide } from '../../formats/projection.js';
import type { TensorPattern } from '../updates.js';

/** What is added to a model, times a number. */
export type Term = TermOfUpdate | TermOfNoise;

/** What terms of all kinds say. */
export interface TermInCommon {
  readonly times: number;
  /** Tensors that it changes, as far as they are not in `except`. Absent: all that it can. */
  readonly tensors?: readonly TensorPattern[];
  readonly except?: readonly TensorPattern[];
}

export interface TermOfUpdate extends TermInCommon {
  readonly kind: 'update';
  readonly update: string;
  /** Whether 1-D tensors are changed. */
  readonly vectors: boolean;
  /** What becomes of the update first; null: it is taken whole. */
  readonly part: TermProjection | RankCut | Dare | null;
}

export interface TermProjection {
  readonly how: 'projection';
  readonly onto: string;
  readonly mode: ProjectionMode;
  readonly side: ProjectionSide;
  readonly extent: Extent;
  /** null: the subspace has none. */
  readonly seed: number | null;
}

/** The leading directions of the update itself, so many in each tensor of two or more dimensions. */
export interface RankCut {
  readonly how: 'rank';
  readonly rank: number;
}

/** Yu, Yu, Yu, Huang and Li, "Language Models are Super Mario" (ICML 2024): elements dropped at random, the others rescaled. */
export interface Dare {
  readonly how: 'dare';
  readonly drop: number;
  readonly seed: number;
}

/** A random direction as long as the weights, tensor by tensor; 1-D tensors have none. */
export interface TermOfNoise extends TermInCommon {
  readonly kind: 'noise';
  readonly seed: number;
}
