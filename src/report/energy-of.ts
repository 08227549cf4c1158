import { readCsv } from './tables/csv.js';

const columns = ['update', 'subspace', 'seed', 'mode', 'side'] as const;

type Projection = Record<(typeof columns)[number], string> & { readonly fraction: number | null };

/** Looks energies up in energy.csv, by what they are of. */
export class EnergyOf {
  readonly #kept: ReadonlyMap<string, number | null>;

  constructor(csv: string) {
    const rows = readCsv(csv, { text: columns, numbers: ['fraction', 'energy_kept'] });
    this.#kept = new Map(rows.map((row) => [keyOf(row), row.energy_kept]));
  }

  /** null where it was not measured, or the update is zero. */
  kept(projection: Projection): number | null {
    return this.#kept.get(keyOf(projection)) ?? null;
  }
}

function keyOf({ update, subspace, seed, mode, side, fraction }: Projection): string {
  return JSON.stringify([update, subspace, seed, mode, side, fraction]);
}
