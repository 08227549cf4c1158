import { meanInterval } from '../eval/mean-interval.js';
import type { NamedScores } from '../steps/scores.js';

/** Chance that an end of an interval lies beyond the true difference, each. */
const tail = 0.025;

/** How far a metric moved from one run to another; null: there is no interval. */
export interface ScoreDifference {
  /** Later minus earlier. */
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** How the interval was made, or why there is none. */
  readonly method: string;
}

/**
 * The difference of two means of scores with its interval of 95 %. Of the same items it is the mean of their differences
 * (paired): what makes an item hard for both cancels. Of other items each mean has an interval of its own at half the
 * error, and the difference lies between their ends whatever the two have to do with each other.
 *
 * @param sameItems the items of both, in their order, are the same
 */
export function scoreDifference(before: NamedScores, after: NamedScores, sameItems: boolean): ScoreDifference {
  const difference = differenceOf(levelOf(before), levelOf(after));
  const none = (why: string): ScoreDifference => ({ difference, low: null, high: null, method: `no interval: ${why}` });
  if (difference === null) return none('a run has no valid score');
  if (before.mean !== undefined || after.mean !== undefined) return none('it is no plain mean');
  if (before.bounds === null || after.bounds === null) return none('nothing bounds the scores');
  if (before.weights !== undefined || after.weights !== undefined) return none('items count differently');
  if (!sameItems || before.values.length !== after.values.length) {
    const [own, other] = [before, after].map(({ values, bounds }) => {
      const valid = values.filter((value) => value !== null);
      return { n: valid.length, ...meanInterval(valid, bounds!, tail / 2) };
    });
    const method = `unpaired, ${own!.n} and ${other!.n} items`;
    return { difference, low: other!.low - own!.high, high: other!.high - own!.low, method };
  }
  const differences = after.values.flatMap((value, item) => {
    const then = before.values[item];
    return value === null || then == null ? [] : [value - then];
  });
  if (differences.length === 0) return none('no item is valid in both runs');
  const least = Math.min(before.bounds[0], after.bounds[0]) - Math.max(before.bounds[1], after.bounds[1]);
  const left = after.values.length - differences.length;
  const method = `paired over ${differences.length} items${left > 0 ? `, ${left} invalid in a run left out` : ''}`;
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  return { difference: mean, ...meanInterval(differences, [least, -least], tail), method };
}

/** Weighted mean of the valid scores; null where there are none. */
function levelOf({ values, weights, mean }: NamedScores): number | null {
  let [sum, weight] = [0, 0];
  for (const [item, value] of values.entries()) {
    if (value === null) continue;
    sum += value * (weights?.[item] ?? 1);
    weight += weights?.[item] ?? 1;
  }
  const level = mean === 'exponential' ? Math.exp(sum / weight) : sum / weight;
  return Number.isFinite(level) ? level : null;
}

export function differenceOf(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
