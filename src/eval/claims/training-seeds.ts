import type { Case } from '../finding.js';
import type { Evidence } from './kind.js';

/** What evidence says of the training seed of the models that it is of; null or absent: they depend on none. */
export interface MeasuredOfSeed {
  readonly training_seed?: number | null;
}

/** The training seed of rows that are of one, or of none. */
export function trainingSeedOf(rows: Iterable<MeasuredOfSeed | undefined>): number | null {
  for (const row of rows) if (row !== undefined && row.training_seed != null) return row.training_seed;
  return null;
}

/**
 * The cases of a claim for each training seed, from the evidence of that seed and what depends on none. A case that depends on none is
 * there once.
 */
export function casesOfSeeds(evidence: Evidence, casesOf: (evidence: Evidence) => readonly Case[]): readonly Case[] {
  const seeds = new Set<number>();
  for (const rows of Object.values(evidence) as (readonly MeasuredOfSeed[])[]) {
    for (const { training_seed: seed } of rows) if (seed != null) seeds.add(seed);
  }
  const [first, ...others] = [...seeds].map((seed) => casesOf(ofSeed(evidence, seed)));
  if (first === undefined) return casesOf(evidence);
  return first.flatMap((one, index) => [
    one,
    ...others.map((cases) => cases[index]!).filter(({ trainingSeed }) => (trainingSeed ?? null) !== null),
  ]);
}

function ofSeed({ energy, tensorEnergy, overlap, behaviour }: Evidence, seed: number): Evidence {
  const rowsOf = <Row extends MeasuredOfSeed>(rows: readonly Row[]) =>
    rows.filter(({ training_seed: own }) => own == null || own === seed);
  return {
    energy: rowsOf(energy),
    tensorEnergy: rowsOf(tensorEnergy),
    overlap: rowsOf(overlap),
    behaviour: rowsOf(behaviour),
  };
}
