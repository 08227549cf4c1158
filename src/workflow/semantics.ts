import type { Side } from '../formats/projection.js';

/** `paper`: the formulas of the paper. `reference`: what the authors' published code computes. */
export type Semantics = 'paper' | 'reference';

/** What a definition takes from the workflow where it says nothing itself. */
export interface Defaults {
  readonly seed: number;
  readonly semantics: Semantics;
}

/** The paper projects with right singular vectors, its published code with left ones. */
export function defaultSide(semantics: Semantics): Side {
  return semantics === 'paper' ? 'right' : 'left';
}
