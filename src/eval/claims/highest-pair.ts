import type { Case } from '../finding.js';
import type { ClaimJudge, MeasuredOverlap } from './kind.js';
import { aboveZero, type ClaimedPairs, keyOf, mean, nameOf, seedOfPairs, unitsOf } from './overlaps.js';

export type JudgedHighestPair = {
  readonly kind: 'highest-pair';
  readonly of: ClaimedPairs;
  readonly pair: string;
};

/**
 * One pair overlaps more than every other. Of every other pair (and model): the claimed pair's overlap minus the other's,
 * mean over the energies that both have, of the median unit (layer-units.ts) among what both pairs have.
 */
export const highestPair: ClaimJudge<JudgedHighestPair> = {
  effect:
    'Effect: overlap of the claimed pair minus that of the other, mean over the energies, of the median unit. n: units that both pairs have, which the note names.',
  cases: ({ of, pair }, { overlap }) => casesOf(of, pair, overlap),
};

function casesOf(of: ClaimedPairs, pair: string, points: readonly MeasuredOverlap[]): Case[] {
  const measured = unitsOf(of, points);
  return of.models.flatMap((model) =>
    of.pairs
      .filter((other) => other !== pair)
      .map((other) => {
        const [own, rival] = [measured.get(keyOf(model, pair)), measured.get(keyOf(model, other))];
        const values = new Map<string, number>();
        for (const [unit, energies] of own ?? []) {
          const others = rival?.get(unit);
          const differences = [...energies].flatMap(([energy, { overlap }]) => {
            const against = others?.get(energy);
            return against === undefined ? [] : [overlap - against.overlap];
          });
          if (differences.length > 0) values.set(unit, mean(differences));
        }
        const seed = seedOfPairs(model, [pair, other], points);
        return aboveZero(nameOf(model, `${pair} above ${other}`), seed, values, 'both pairs overlap alike everywhere');
      }),
  );
}
