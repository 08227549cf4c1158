import { DataError } from '../../diagnostics/errors.js';
import { energyRank } from '../../formats/energy-rank.js';
import type { OverlapResult } from '../../formats/step-results.js';
import { type RowOf, writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const overlapColumns = {
  pair: 'text',
  tensor: 'text',
  energy: 'number',
  k_a: 'number',
  k_b: 'number',
  d: 'number',
  overlap: 'number?',
  baseline: 'number?',
  ...trainingSeedColumn,
} as const;

/** A row of overlap.csv: a pair of updates in one tensor, at one energy. */
export type OverlapRow = RowOf<typeof overlapColumns>;

/** What rows are made of: a pair of updates. */
export type OverlapTableRow = OfTrainingSeed & {
  /** Names of the two updates. */
  readonly pair: readonly [string, string];
  /** Ascending. */
  readonly energies: readonly number[];
  readonly tensors: readonly string[];
};

/** A pair of updates in one cell: `useful:harmful`. */
export function pairName(pair: readonly [string, string]): string {
  return pair.join(':');
}

/** Builds overlap.csv. Rows that two metrics have in common stand in the table once. */
export class OverlapTable {
  readonly #rows: OverlapRow[] = [];
  readonly #seen = new Set<string>();

  /** @param results The row's overlap results, in the order of its tensors. */
  async add(row: OverlapTableRow, results: AsyncIterable<OverlapResult>): Promise<void> {
    const pair = pairName(row.pair);
    const ofSeed = trainingSeedCell(row);
    let index = 0;
    for await (const result of results) {
      const tensor = row.tensors[index++]!;
      for (const energy of row.energies) {
        const identity = JSON.stringify([pair, tensor, energy, ofSeed]);
        if (this.#seen.has(identity)) continue;
        this.#seen.add(identity);
        this.#rows.push({ pair, tensor, energy, ...overlapAt(energy, result, tensor), ...ofSeed });
      }
    }
  }

  csv(): string {
    return writeTable(overlapColumns, this.#rows);
  }
}

/**
 * MSO(A, B; η) = ‖U_Aᵀ U_B‖²_F / min(k_A, k_B) at the η-energy ranks, and its expectation for two independent random
 * subspaces, max(k_A, k_B) / d. A zero update has rank 0 and neither, unless the result gives it a rank.
 */
export function overlapAt(
  energy: number,
  result: OverlapResult,
  where: string,
): Omit<OverlapRow, 'pair' | 'tensor' | 'energy' | 'training_seed'> {
  const zeroRank = result.zeroRank ?? 0;
  const kA = energyRank(result.energyA, energy) || zeroRank;
  const kB = energyRank(result.energyB, energy) || zeroRank;
  const ranks = { k_a: kA, k_b: kB, d: result.d };
  if (kA === 0 || kB === 0) return { ...ranks, overlap: null, baseline: null };
  const point = result.points.find((candidate) => candidate.kA === kA && candidate.kB === kB);
  if (!point) throw new DataError(`the overlap of ${where} was not measured at ranks ${kA} and ${kB}`);
  return { ...ranks, overlap: point.shared / Math.min(kA, kB), baseline: Math.max(kA, kB) / result.d };
}
