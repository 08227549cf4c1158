import type { OverlapParams } from '../../steps/overlap.js';
import type { Semantics } from '../../workflow/workflow.js';

/** How overlaps are measured, of updates and of activations. */
export function overlapParams(semantics: Semantics): OverlapParams {
  return semantics === 'reference' ? { zeroRank: 1 } : {};
}
