import type { Case } from '../finding.js';
import type { ClaimJudge, MeasuredOverlap } from './kind.js';
import { aboveZero, type ClaimedPairs, keyOf, mean, nameOf, seedOfPairs, unitsOf } from './overlaps.js';

export type JudgedAboveBaseline = {
  readonly kind: 'above-baseline';
  readonly of: ClaimedPairs;
};

/**
 * Pairs overlap more than random subspaces of the same sizes. Of every pair (and model): overlap minus baseline, mean over
 * the energies, of the median unit (layer-units.ts): the tensors that both updates change, or the layers of the window.
 */
export const aboveBaseline: ClaimJudge<JudgedAboveBaseline> = {
  effect:
    'Effect: overlap minus what two random subspaces of the same sizes give, mean over the energies, of the median unit. n: units, which the note names.',
  cases: ({ of }, { overlap }) => casesOf(of, overlap),
};

function casesOf(of: ClaimedPairs, points: readonly MeasuredOverlap[]): Case[] {
  const measured = unitsOf(of, points);
  return of.models.flatMap((model) =>
    of.pairs.map((pair) => {
      const values = new Map<string, number>();
      for (const [unit, energies] of measured.get(keyOf(model, pair)) ?? []) {
        values.set(unit, mean([...energies.values()].map(({ overlap, baseline }) => overlap - baseline)));
      }
      const seed = seedOfPairs(model, [pair], points);
      return aboveZero(nameOf(model, pair), seed, values, 'every overlap is what random subspaces of these sizes have');
    }),
  );
}
