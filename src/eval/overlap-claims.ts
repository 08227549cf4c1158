import { type Case, type Estimate, unmeasured } from './finding.js';
import { intervalOfUnits, layerUnits, medianOfUnits, unitsNote } from './layer-units.js';

/** A row of overlap.csv or activations.csv. */
export interface MeasuredOverlap {
  /** null: of updates. */
  readonly model: string | null;
  /** `useful:harmful`. */
  readonly pair: string;
  /** A tensor, or a layer. */
  readonly unit: string;
  readonly energy: number;
  /** null where one side is zero. */
  readonly overlap: number | null;
  readonly baseline: number | null;
}

/** What a claim about pairs is of: a metric's models (none for updates), pairs and energies. */
export type ClaimedPairs = {
  readonly models: readonly (string | null)[];
  readonly pairs: readonly string[];
  readonly energies: readonly number[];
};

export type AboveBaselineClaim = {
  readonly kind: 'above-baseline';
  readonly of: ClaimedPairs;
};

export type HighestPairClaim = {
  readonly kind: 'highest-pair';
  readonly of: ClaimedPairs;
  readonly pair: string;
};

/**
 * Pairs overlap more than random subspaces of the same sizes. Of every pair (and model): overlap minus baseline, mean over
 * the energies, of the median unit (layer-units.ts): the tensors that both updates change, or the layers of the window.
 */
export function aboveBaselineCases({ of }: AboveBaselineClaim, points: readonly MeasuredOverlap[]): Case[] {
  const measured = unitsOf(of, points);
  return of.models.flatMap((model) =>
    of.pairs.map((pair) => {
      const values = new Map<string, number>();
      for (const [unit, energies] of measured.get(keyOf(model, pair)) ?? []) {
        values.set(unit, mean([...energies.values()].map(({ overlap, baseline }) => overlap - baseline)));
      }
      return aboveZero(nameOf(model, pair), values, 'every overlap is what random subspaces of these sizes have');
    }),
  );
}

/**
 * One pair overlaps more than every other. Of every other pair (and model): the claimed pair's overlap minus the other's,
 * mean over the energies that both have, of the median unit (layer-units.ts) among what both pairs have.
 */
export function highestPairCases({ of, pair }: HighestPairClaim, points: readonly MeasuredOverlap[]): Case[] {
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
        return aboveZero(nameOf(model, `${pair} above ${other}`), values, 'both pairs overlap alike everywhere');
      }),
  );
}

type Energies = Map<number, { readonly overlap: number; readonly baseline: number }>;

/** (Model, pair) → unit → energy → what was measured there. */
function unitsOf(of: ClaimedPairs, points: readonly MeasuredOverlap[]): Map<string, Map<string, Energies>> {
  const wanted = new Set(of.energies);
  const measured = new Map<string, Map<string, Energies>>();
  for (const { model, pair, unit, energy, overlap, baseline } of points) {
    if (!wanted.has(energy) || overlap === null || baseline === null) continue;
    const key = keyOf(model, pair);
    const units = measured.get(key) ?? new Map<string, Energies>();
    measured.set(key, units);
    const energies: Energies = units.get(unit) ?? new Map();
    units.set(unit, energies.set(energy, { overlap, baseline }));
  }
  return measured;
}

/** Differences of overlaps below this are round-off: overlaps are sums of f32 products. */
const roundOff = 1e-6;

/** @param saturation what it means that no value differs from 0: subspaces that fill the space, say */
function aboveZero(name: string, measured: ReadonlyMap<string, number>, saturation: string): Case {
  const values = new Map([...measured].map(([unit, value]) => [unit, Math.abs(value) <= roundOff ? 0 : value]));
  return {
    name,
    condition: { type: 'above-zero' },
    *estimate(tail): Generator<undefined, Estimate> {
      yield;
      if (values.size === 0) return unmeasured('no overlap was measured');
      const units = layerUnits(values);
      const estimate = { effect: medianOfUnits(units), ...intervalOfUnits(units, tail), n: units.n };
      if ([...values.values()].some((value) => value !== 0)) return { ...estimate, note: unitsNote(units, tail) };
      return { ...estimate, note: saturation, saturated: true };
    },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function keyOf(model: string | null, pair: string): string {
  return JSON.stringify([model, pair]);
}

function nameOf(model: string | null, pair: string): string {
  return model === null ? pair : `${pair} in ${model}`;
}
