/** Part of a step that is taken for round-off. */
const tolerance = 1e-9;
/** How many optimizer steps are looked at where their number is not known. */
const mostSteps = 2 ** 20;

/**
 * A share of some optimizer steps, rounded up to whole ones: 0.07 of 100 is 7, though 0.07 · 100 is over 7 in f64.
 * @param ofProduct rounds the f64 product up, as transformers does: 8
 */
export function warmupSteps(share: number, steps: number, ofProduct = false): number {
  return Math.max(0, Math.ceil(share * steps - (ofProduct ? 0 : tolerance)));
}

/** Whether the two ways of rounding give different numbers of steps: of these or, where they are not known, of any up to a million. */
export function roundingMatters(share: number, steps: number | undefined): boolean {
  for (let n = steps ?? 1; n <= (steps ?? mostSteps); n++) {
    if (warmupSteps(share, n) !== warmupSteps(share, n, true)) return true;
  }
  return false;
}
