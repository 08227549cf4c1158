import { DataError } from '../../diagnostics/errors.js';
import type { Extent, ProjectionMode, ProjectionSide, Side } from '../../formats/projection.js';
import type { CosineResult, EnergyResult } from '../../formats/step-results.js';
import { CompensatedSum } from '../compensated-sum.js';
import { type RowOf, writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

const seriesColumns = {
  update: 'text',
  subspace: 'text',
  seed: 'number?',
  mode: 'text',
  side: 'text',
  fraction: 'number?',
  energy_kept: 'number?',
  energy_realised: 'number?',
} as const;
/** ‖Δ‖² of the update, its cosine with what is kept of it, and with the update that the subspace is made of. */
const relationColumns = { update_energy: 'number', cosine_projected: 'number?', cosine_alignment: 'number?' } as const;

export const energyColumns = { ...seriesColumns, ...relationColumns, rank: 'number?', ...trainingSeedColumn } as const;

export const tensorEnergyColumns = {
  ...seriesColumns,
  tensor: 'text',
  rank: 'number?',
  rank_max: 'number',
  ...relationColumns,
  rank_asked: 'number?',
  ...trainingSeedColumn,
} as const;

/**
 * A row of energy.csv: a projected update at one fraction or rank, the whole model. energy_kept is Σ‖Δ_proj‖² / Σ‖Δ‖² over the tensors of
 * the update. A tensor in which the subspace has no directions keeps its update whole in every mode, Δ_proj = Δ, and counts in
 * both sums. The energies of a zero update are null. `side` is `mixed` where it differs from tensor to tensor.
 */
export type EnergyRow = RowOf<typeof energyColumns>;

/**
 * A row of energy-by-tensor.csv. `rank` is what the tensor has of it, `rank_asked` the `rank` of energy.csv. A scalar projection has no rank. A tensor in which the subspace has no directions has neither
 * side nor rank; rank_max is 0, and energy_kept is 1.
 */
export type TensorEnergyRow = RowOf<typeof tensorEnergyColumns>;

/** One tensor at one extent: the rank there, and sums of squares of the update and of its projection. */
interface TensorEnergy extends Energies {
  readonly rank: number | null;
}

interface Energies {
  readonly total: number;
  readonly kept: number;
  readonly realised: number;
}

/** What rows are made of: a projected update, its tensors and their ranks. */
export type EnergyTableRow = OfTrainingSeed & {
  readonly update: string;
  readonly subspace: string;
  readonly seed: number | null;
  readonly mode: ProjectionMode;
  readonly side: ProjectionSide;
  readonly extents: readonly Extent[];
  readonly tensors: readonly {
    readonly tensor: string;
    /** Directions that the subspace has in the tensor; 0: none, the update is kept whole and has no rank. */
    readonly rankMax: number;
    /** Side of the tensor, where the subspace has sides of its own; null where it has no directions. Absent: the row's. */
    readonly side?: Side | null;
    /** How often the tensor counts in sums over the model, if not once: the published code counts a tied head, too. */
    readonly copies?: number;
    /** One an extent; null = scalar projection, or whole. Several extents may share one rank, so look it up in `realisedRanks`. */
    readonly ranks: readonly (number | null)[];
    /** The energy step's `ranks`, in whose order it realised them. */
    readonly realisedRanks: readonly number[];
  }[];
};

/** The results of one tensor of a row. */
export interface TensorResults {
  readonly energy: EnergyResult;
  /** null: the subspace is made of no update. */
  readonly cosine: CosineResult | null;
}

/**
 * Builds energy.csv (whole model: ratio of sums over tensors) and energy-by-tensor.csv row by row, so that no more than
 * one step's result is held at a time. Rows that two sweeps have in common stand in the tables once.
 */
export class EnergyTables {
  readonly #model: EnergyRow[] = [];
  readonly #tensors: TensorEnergyRow[] = [];
  readonly #seen = new Set<string>();

  /** @param results The row's results, in the order of its tensors. */
  async add(row: EnergyTableRow, results: AsyncIterable<TensorResults>): Promise<void> {
    const energies: TensorEnergy[][] = [];
    const cosines: (CosineResult | null)[] = [];
    for await (const { energy, cosine } of results) {
      const tensor = row.tensors[energies.length]!;
      energies.push(row.extents.map((_, index) => tensorEnergy(tensor, energy, index)));
      cosines.push(cosine);
    }
    const ofModel = cosineOf(sumOfCosines(row, cosines));
    row.extents.forEach(({ fraction = null, rank: asked = null }, index) => {
      const { update, subspace, seed, mode, side } = row;
      const ofSeed = trainingSeedCell(row);
      const identity = JSON.stringify([update, subspace, seed, mode, side, fraction, asked, ofSeed]);
      if (this.#seen.has(identity)) return;
      this.#seen.add(identity);
      const series = { update, subspace, seed, mode, side, fraction };
      const [total, kept, realised] = [new CompensatedSum(), new CompensatedSum(), new CompensatedSum()];
      row.tensors.forEach(({ tensor, rankMax, side: own, copies = 1 }, at) => {
        const energy = energies[at]![index]!;
        total.add(copies * energy.total);
        kept.add(copies * energy.kept);
        realised.add(copies * energy.realised);
        const measured = measures(energy, mode, cosineOf(cosines[at]!));
        const tensorSide = own === undefined ? side : (own ?? '');
        this.#tensors.push({
          ...series,
          side: tensorSide,
          ...measured,
          tensor,
          rank: energy.rank,
          rank_max: rankMax,
          rank_asked: asked,
          ...ofSeed,
        });
      });
      const sums = { total: total.value, kept: kept.value, realised: realised.value };
      this.#model.push({ ...series, ...measures(sums, mode, ofModel), rank: asked, ...ofSeed });
    });
  }

  modelCsv(): string {
    return writeTable(energyColumns, this.#model);
  }

  tensorCsv(): string {
    return writeTable(tensorEnergyColumns, this.#tensors);
  }
}

/** Energy ratios and cosines; none for an update that is zero everywhere. */
function measures(
  { total, kept, realised }: Energies,
  mode: EnergyTableRow['mode'],
  cosineAlignment: number | null,
): Pick<EnergyRow, 'energy_kept' | 'energy_realised' | keyof typeof relationColumns> {
  const relations = { update_energy: total, cosine_alignment: cosineAlignment };
  if (total === 0) return { energy_kept: null, energy_realised: null, ...relations, cosine_projected: null };
  // What is kept is an orthogonal projection P of Δ, or its negative: ⟨Δ, P⟩ = ±‖P‖².
  const projected = Math.min(1, Math.sqrt(kept / total)) * (mode === 'opposite' ? -1 : 1);
  return {
    energy_kept: kept / total,
    energy_realised: realised / total,
    ...relations,
    cosine_projected: kept === 0 ? null : projected,
  };
}

/** ⟨Δ, A⟩ / (‖Δ‖ ‖A‖); null when one of the two is zero, or there is no other update. */
export function cosineOf(result: CosineResult | null): number | null {
  if (result === null) return null;
  const { product, energy, ontoEnergy } = result;
  const norms = Math.sqrt(energy * ontoEnergy);
  return norms === 0 ? null : Math.max(-1, Math.min(1, product / norms));
}

/** Cosines of the whole model, as if all its tensors were one long vector. */
function sumOfCosines({ tensors }: EnergyTableRow, cosines: readonly (CosineResult | null)[]): CosineResult | null {
  const [product, energy, ontoEnergy] = [new CompensatedSum(), new CompensatedSum(), new CompensatedSum()];
  for (const [at, { copies = 1 }] of tensors.entries()) {
    const cosine = cosines[at];
    if (!cosine) return null;
    product.add(copies * cosine.product);
    energy.add(copies * cosine.energy);
    ontoEnergy.add(copies * cosine.ontoEnergy);
  }
  return { product: product.value, energy: energy.value, ontoEnergy: ontoEnergy.value };
}

function tensorEnergy(
  { tensor, ranks, realisedRanks }: EnergyTableRow['tensors'][number],
  result: EnergyResult,
  extent: number,
): TensorEnergy {
  const rank = ranks[extent];
  if (rank === null) {
    if (!result.scalar) throw new DataError(`the energy of ${tensor} lacks its scalar projection`);
    return { rank, total: result.total, kept: result.scalar.kept, realised: result.scalar.realised };
  }
  const kept = rank === undefined ? undefined : result.kept[rank - 1];
  const realised = rank === undefined ? undefined : result.realised[realisedRanks.indexOf(rank)];
  if (rank === undefined || kept === undefined || realised === undefined)
    throw new DataError(`the energy of ${tensor} was not measured at rank ${rank}`);
  return { rank, total: result.total, kept, realised };
}
