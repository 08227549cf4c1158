import type { ActivationTableRow } from '../../steps/activation-table.js';
import type { OverlapResult } from '../../steps/overlap.js';
import { type RowOf, writeTable } from './csv.js';
import { overlapAt, pairName } from './overlap.js';

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
} as const;

/** A row of activations.csv: two sets of prompts at one layer of a model, at one energy. */
export type ActivationRow = RowOf<typeof activationColumns>;

/** Builds activations.csv: every layer, those of the window that means are taken over marked by 1. */
export class ActivationTable {
  readonly #rows: ActivationRow[] = [];

  add({ metric, model, pair, layer, inWindow, energies }: ActivationTableRow, result: OverlapResult): void {
    const of = { model, pair: pairName(pair), layer, metric, in_window: inWindow ? 1 : 0 };
    for (const energy of energies) {
      this.#rows.push({ ...of, energy, ...overlapAt(energy, result, `${of.pair} at layer ${layer} of ${model}`) });
    }
  }

  csv(): string {
    return writeTable(activationColumns, this.#rows);
  }
}
