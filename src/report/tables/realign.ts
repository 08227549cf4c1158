import type { Realignment } from '../../formats/realignment.js';
import { type RowOf, writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const realignColumns = {
  model: 'text',
  tensor: 'text',
  cosine: 'number?',
  changed: 'number',
  ...trainingSeedColumn,
} as const;

/** A row of realign.csv: a tensor of a realigned model; `changed` is 1 or 0. */
export type RealignRow = RowOf<typeof realignColumns>;

/** Builds realign.csv. */
export class RealignTable {
  readonly #rows: RealignRow[] = [];

  add(of: OfTrainingSeed & { readonly model: string }, realignment: Realignment): void {
    const { model } = of;
    for (const [tensor, { cosine, changed }] of Object.entries(realignment)) {
      this.#rows.push({ model, tensor, cosine, changed: Number(changed), ...trainingSeedCell(of) });
    }
  }

  csv(): string {
    return writeTable(realignColumns, this.#rows);
  }
}
