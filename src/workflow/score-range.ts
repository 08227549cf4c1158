import type { Path } from './document.js';
import type { Scope } from './scope.js';

/** The lowest and the highest value that a score can have. */
export type ScoreRange = readonly [lowest: number, highest: number];

/** The range that a metric states, under `range`; null where it states none. */
export function resolveRange(
  scope: Scope,
  range: readonly [number, number] | undefined,
  path: Path,
): ScoreRange | null {
  if (range === undefined) return null;
  if (range[0] < range[1]) return range;
  scope.refuse([...path, 'range'], 'invalid-value', 'the range must go from a lower number to a higher one');
  return null;
}
