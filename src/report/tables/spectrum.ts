import { type RowOf, writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const spectrumColumns = {
  update: 'text',
  tensor: 'text',
  rank: 'number',
  rank_max: 'number',
  effective_rank: 'number?',
  stable_rank: 'number?',
  participation_ratio: 'number?',
  frobenius_norm: 'number',
  spectral_norm: 'number',
  ...trainingSeedColumn,
} as const;

/** A row of spectrum.csv: a tensor of an update; with an empty `tensor` the whole update, its tensors as the blocks of one matrix. */
export type SpectrumRow = RowOf<typeof spectrumColumns>;

/** What rows are made of: an update and its tensors. */
export type SpectrumTableRow = OfTrainingSeed & {
  readonly update: string;
  readonly tensors: readonly {
    readonly tensor: string;
    readonly rankMax: number;
    /** How often the tensor counts in the spectrum of the model, if not once: the published code counts a tied head, too. */
    readonly copies?: number;
  }[];
};

/** What a row says beside its place. */
type Measures = Omit<SpectrumRow, 'update' | 'tensor' | 'rank_max' | 'training_seed'>;

/** Builds spectrum.csv: of each update first the whole, then its tensors. */
export class SpectrumTable {
  readonly #rows: SpectrumRow[] = [];

  /** @param measures one a tensor of the row, in its order */
  add(row: SpectrumTableRow, whole: Measures, measures: readonly Measures[]): void {
    const { update, tensors } = row;
    const ofSeed = trainingSeedCell(row);
    const rankMax = tensors.reduce((sum, { rankMax: most, copies = 1 }) => sum + copies * most, 0);
    this.#rows.push({ update, tensor: '', rank_max: rankMax, ...whole, ...ofSeed });
    for (const [index, { tensor, rankMax: most }] of tensors.entries()) {
      this.#rows.push({ update, tensor, rank_max: most, ...measures[index]!, ...ofSeed });
    }
  }

  csv(): string {
    return writeTable(spectrumColumns, this.#rows);
  }
}
