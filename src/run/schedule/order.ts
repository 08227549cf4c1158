import { isStepOf, type Step } from '../../steps/step.js';
import { train } from '../../steps/train.js';
import type { ExpectedSeconds } from '../expected-seconds.js';

/** Seconds of a training step of which no earlier run tells: it goes before all that is not known to take longer. */
const unknownTraining = 3_600;
/** Seconds of any other step of which no earlier run tells: of two ways without known steps the one with more of them is longer. */
const unknownStep = 1;
/** Ways whose lengths are within so much of each other count as equally long. */
const alikeFactor = 1.25;
const hashes = 2 ** 32;

/**
 * The order in which the runners of a team take ready steps: the longest way to the end of the plan goes first, for the
 * run takes no less time than that. Ways that are about as long come in an order of their own for each runner, for runners that
 * all take the same step first meet at its lock.
 * @param steps in plan order
 * @param options.isNeeded whether a step must still run
 * @param options.seed of this runner, below 2³²
 * @returns the rank of each step, in plan order; the lowest goes first
 */
export function teamOrder(
  steps: readonly Step[],
  options: {
    readonly expectedOf: (step: Step) => ExpectedSeconds;
    readonly isNeeded: (step: Step) => boolean;
    readonly seed: number;
  },
): Float64Array {
  const { expectedOf, isNeeded, seed } = options;
  const behind = new Map<string, number>();
  const ranks = new Float64Array(steps.length);
  // From the end: the steps that take an input from a step stand behind it.
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index]!;
    const way = (behind.get(step.id) ?? 0) + (isNeeded(step) ? secondsOf(step, expectedOf(step)) : 0);
    for (const { node } of Object.values(step.inputs)) behind.set(node, Math.max(behind.get(node) ?? 0, way));
    ranks[index] = hashOf(index, seed) - Math.round(Math.log(1 + way) / Math.log(alikeFactor)) * hashes;
  }
  return ranks;
}

function secondsOf(step: Step, { least, most }: ExpectedSeconds): number {
  if (most !== undefined) return (least + most) / 2;
  return Math.max(least, isStepOf(train, step) ? unknownTraining : unknownStep);
}

/** A number below 2³² that tells nothing of its order among those of other indices (the mixing of MurmurHash3). */
function hashOf(index: number, seed: number): number {
  let hash = Math.imul(index + 1, 0x9e3779b1) ^ seed;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
