import type { PrincipalAnglesResult } from '../../formats/step-results.js';
import { CompensatedSum } from '../compensated-sum.js';
import { type RowOf, writeTable } from './csv.js';
import { pairName } from './overlap.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const angleColumns = {
  pair: 'text',
  tensor: 'text',
  energy: 'number',
  k_a: 'number',
  k_b: 'number',
  d: 'number',
  smallest: 'number?',
  largest: 'number?',
  mean_cos_squared: 'number?',
  grassmann: 'number?',
  chordal: 'number?',
  ...trainingSeedColumn,
} as const;

/** A row of angles.csv: a pair in one tensor, at one energy; angles in radians. */
export type AngleRow = RowOf<typeof angleColumns>;

/** What rows are made of: a pair at one energy, and its tensors. */
export type AngleTableRow = OfTrainingSeed & {
  /** Names of the two updates, or of an update and a subspace. */
  readonly pair: readonly [string, string];
  readonly energy: number;
  readonly tensors: readonly string[];
};

/** Builds angles.csv. */
export class AngleTable {
  readonly #rows: AngleRow[] = [];

  /** @param results those of the row's tensors, in their order */
  async add(row: AngleTableRow, results: AsyncIterable<PrincipalAnglesResult>): Promise<void> {
    const { pair, energy, tensors } = row;
    let index = 0;
    for await (const { kA, kB, d, angles } of results) {
      const where = { pair: pairName(pair), tensor: tensors[index++]!, energy, k_a: kA, k_b: kB, d };
      this.#rows.push({ ...where, ...measuresOf(angles), ...trainingSeedCell(row) });
    }
  }

  csv(): string {
    return writeTable(angleColumns, this.#rows);
  }
}

/** Smallest and largest angle, mean cos² θ, Grassmann's ‖θ‖₂ and chordal √Σ sin² θ; none where a side has no vectors. */
function measuresOf(
  angles: readonly number[],
): Omit<AngleRow, 'pair' | 'tensor' | 'energy' | 'k_a' | 'k_b' | 'd' | 'training_seed'> {
  if (angles.length === 0) {
    return { smallest: null, largest: null, mean_cos_squared: null, grassmann: null, chordal: null };
  }
  const sum = (term: (angle: number) => number) => {
    const total = new CompensatedSum();
    for (const angle of angles) total.add(term(angle));
    return total.value;
  };
  return {
    smallest: angles[0]!,
    largest: angles.at(-1)!,
    mean_cos_squared: sum((angle) => Math.cos(angle) ** 2) / angles.length,
    grassmann: Math.sqrt(sum((angle) => angle ** 2)),
    chordal: Math.sqrt(sum((angle) => Math.sin(angle) ** 2)),
  };
}
