import { type Case, type Estimate, unmeasured } from '../finding.js';
import { intervalOfUnits, layerUnits, medianOfUnits, unitsNote } from '../layer-units.js';
import type { MeasuredOverlap } from './kind.js';
import { trainingSeedOf } from './training-seeds.js';

/** What a claim about pairs is of: a metric's models (none for updates), pairs and energies. */
export type ClaimedPairs = {
  readonly models: readonly (string | null)[];
  readonly pairs: readonly string[];
  readonly energies: readonly number[];
};

/** Measurements by energy. */
type Energies = Map<number, { readonly overlap: number; readonly baseline: number }>;

/** (Model, pair) → unit → energy → what was measured there. */
export function unitsOf(of: ClaimedPairs, points: readonly MeasuredOverlap[]): Map<string, Map<string, Energies>> {
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

/** The training seed of what was measured of some pairs. */
export function seedOfPairs(model: string | null, pairs: readonly string[], points: readonly MeasuredOverlap[]) {
  return trainingSeedOf(pairs.map((pair) => points.find((point) => point.model === model && point.pair === pair)));
}

/** Differences of overlaps below this are round-off: overlaps are sums of f32 products. */
const roundOff = 1e-6;

/** @param saturation what it means that no value differs from 0: subspaces that fill the space, say */
export function aboveZero(
  name: string,
  trainingSeed: number | null,
  measured: ReadonlyMap<string, number>,
  saturation: string,
): Case {
  const values = new Map([...measured].map(([unit, value]) => [unit, Math.abs(value) <= roundOff ? 0 : value]));
  return {
    name,
    trainingSeed,
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

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function keyOf(model: string | null, pair: string): string {
  return JSON.stringify([model, pair]);
}

export function nameOf(model: string | null, pair: string): string {
  return model === null ? pair : `${pair} in ${model}`;
}
