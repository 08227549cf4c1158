import type { JudgedAboveBaseline } from './above-baseline.js';
import type { JudgedFallingTogether } from './falling-together.js';
import type { JudgedHighestPair } from './highest-pair.js';
import type { JudgedLinearEnergy } from './linear-energy.js';
import type { JudgedStrongerThanRandom } from './stronger-than-random.js';

/** A claim of the workflow with all that it speaks of. */
export type JudgedClaim =
  | JudgedLinearEnergy
  | JudgedStrongerThanRandom
  | JudgedFallingTogether
  | JudgedAboveBaseline
  | JudgedHighestPair;
