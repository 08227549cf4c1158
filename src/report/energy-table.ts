import { DataError } from '../diagnostics/errors.js';
import type { EnergyResult, EnergyTableRow } from '../steps/params.js';
import { CompensatedSum } from './compensated-sum.js';
import { type Cell, writeCsv } from './csv.js';

const seriesColumns = [
  'update',
  'subspace',
  'seed',
  'mode',
  'side',
  'fraction',
  'energy_kept',
  'energy_realised',
] as const;
const tensorColumns = [...seriesColumns, 'tensor', 'rank', 'rank_max'] as const;

type ModelRow = Record<(typeof seriesColumns)[number], Cell>;
type TensorRow = Record<(typeof tensorColumns)[number], Cell>;

/** One tensor at one fraction: the rank there, and sums of squares of the update and of its projection. */
interface TensorEnergy {
  readonly rank: number | null;
  readonly total: number;
  readonly kept: number;
  readonly realised: number;
}

/**
 * Builds energy.csv (whole model: ratio of sums over tensors) and energy-by-tensor.csv row by row, so that no more than
 * one step's result is held at a time. Rows that two sweeps have in common stand in the tables once.
 */
export class EnergyTables {
  readonly #model: ModelRow[] = [];
  readonly #tensors: TensorRow[] = [];
  readonly #seen = new Set<string>();

  /** @param results The row's energy results, in the order of its tensors. */
  async add(row: EnergyTableRow, results: AsyncIterable<EnergyResult>): Promise<void> {
    const energies: TensorEnergy[][] = [];
    for await (const result of results) {
      const tensor = row.tensors[energies.length]!;
      energies.push(row.fractions.map((_, index) => tensorEnergy(tensor, result, index)));
    }
    row.fractions.forEach((fraction, index) => {
      const { update, subspace, seed, mode, side } = row;
      const identity = JSON.stringify([update, subspace, seed, mode, side, fraction]);
      if (this.#seen.has(identity)) return;
      this.#seen.add(identity);
      const series = { update, subspace, seed, mode, side, fraction };
      const [total, kept, realised] = [new CompensatedSum(), new CompensatedSum(), new CompensatedSum()];
      row.tensors.forEach(({ tensor, rankMax }, at) => {
        const energy = energies[at]![index]!;
        total.add(energy.total);
        kept.add(energy.kept);
        realised.add(energy.realised);
        this.#tensors.push({ ...series, ...ratios(energy), tensor, rank: energy.rank, rank_max: rankMax });
      });
      this.#model.push({
        ...series,
        ...ratios({ total: total.value, kept: kept.value, realised: realised.value }),
      });
    });
  }

  modelCsv(): string {
    return writeCsv(seriesColumns, this.#model);
  }

  tensorCsv(): string {
    return writeCsv(tensorColumns, this.#tensors);
  }
}

/** Energy ratios; none for an update that is zero everywhere. */
function ratios(sums: { total: number; kept: number; realised: number }): {
  energy_kept: number | null;
  energy_realised: number | null;
} {
  if (sums.total === 0) return { energy_kept: null, energy_realised: null };
  return { energy_kept: sums.kept / sums.total, energy_realised: sums.realised / sums.total };
}

function tensorEnergy(
  { tensor, ranks, realisedRanks }: EnergyTableRow['tensors'][number],
  result: EnergyResult,
  fraction: number,
): TensorEnergy {
  const rank = ranks[fraction];
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
