import type { OverlapResult } from '../../formats/step-results.js';
import { type RowOf, writeTable } from './csv.js';
import { overlapAt, pairName } from './overlap.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const activationColumns = {
  model: 'text',
  pair: 'text',
  layer: 'number',
  energy: 'number',
  k_a: 'number',
  k_b: 'number',
  d: 'number',
  overlap: 'number?',
  baseline: 'number?',
  metric: 'text',
  in_window: 'number',
  ...trainingSeedColumn,
} as const;

/** A row of activations.csv: two sets of prompts at one layer of a model, at one energy. */
export type ActivationRow = RowOf<typeof activationColumns>;

/** What rows are made of: two sets of prompts at one layer of a model. */
export type ActivationTableRow = OfTrainingSeed & {
  readonly metric: string;
  readonly model: string;
  /** Names of the two sets of prompts. */
  readonly pair: readonly [string, string];
  /** 0: embeddings; the last: after the final norm. */
  readonly layer: number;
  /** Whether the layer lies in the window that means are taken over. */
  readonly inWindow: boolean;
  /** Ascending. */
  readonly energies: readonly number[];
};

/** Builds activations.csv: every layer, those of the window that means are taken over marked by 1. */
export class ActivationTable {
  readonly #rows: ActivationRow[] = [];

  add(row: ActivationTableRow, result: OverlapResult): void {
    const { metric, model, pair, layer, inWindow, energies } = row;
    const of = { model, pair: pairName(pair), layer, metric, in_window: inWindow ? 1 : 0 };
    for (const energy of energies) {
      const overlap = overlapAt(energy, result, `${of.pair} at layer ${layer} of ${model}`);
      this.#rows.push({ ...of, energy, ...overlap, ...trainingSeedCell(row) });
    }
  }

  csv(): string {
    return writeTable(activationColumns, this.#rows);
  }
}
