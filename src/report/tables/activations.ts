import type { ActivationTableRow } from '../../steps/activation-table.js';
import type { OverlapResult } from '../../steps/overlap.js';
import { type Cell, writeCsv } from './csv.js';
import { overlapAt, pairName } from './overlap.js';

const columns = [
  ...(['model', 'pair', 'layer', 'energy', 'k_a', 'k_b', 'd', 'overlap', 'baseline'] as const),
  ...(['metric', 'in_window'] as const),
] as const;

type Row = Record<(typeof columns)[number], Cell>;

/** Builds activations.csv: every layer, those of the window that means are taken over marked by 1. */
export class ActivationTable {
  readonly #rows: Row[] = [];

  add({ metric, model, pair, layer, inWindow, energies }: ActivationTableRow, result: OverlapResult): void {
    const of = { model, pair: pairName(pair), layer, metric, in_window: inWindow ? 1 : 0 };
    for (const energy of energies) {
      this.#rows.push({ ...of, energy, ...overlapAt(energy, result, `${of.pair} at layer ${layer} of ${model}`) });
    }
  }

  csv(): string {
    return writeCsv(columns, this.#rows);
  }
}
