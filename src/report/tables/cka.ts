import type { CkaResult } from '../../formats/step-results.js';
import { type RowOf, writeTable } from './csv.js';
import { pairName } from './overlap.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const ckaColumns = {
  pair: 'text',
  prompts: 'text',
  layer: 'number',
  cka: 'number?',
  n: 'number',
  d_a: 'number',
  d_b: 'number',
  metric: 'text',
  in_window: 'number',
  ...trainingSeedColumn,
} as const;

/** A row of cka.csv: two models on one set of n prompts, at one layer. */
export type CkaRow = RowOf<typeof ckaColumns>;

/** What rows are made of. */
export type CkaTableRow = OfTrainingSeed & {
  readonly metric: string;
  /** Names of the two models. */
  readonly pair: readonly [string, string];
  /** The set of prompts. */
  readonly prompts: string;
  /** 0: embeddings; the last: after the final norm. */
  readonly layer: number;
  /** Whether the layer lies in the window that means are taken over. */
  readonly inWindow: boolean;
};

/** Builds cka.csv: every layer, those of the window that means are taken over marked by 1. */
export class CkaTable {
  readonly #rows: CkaRow[] = [];

  add(row: CkaTableRow, { cka, n, dA, dB }: CkaResult): void {
    const { metric, pair, prompts, layer, inWindow } = row;
    const of = { pair: pairName(pair), prompts, layer, metric, in_window: inWindow ? 1 : 0 };
    this.#rows.push({ ...of, cka, n, d_a: dA, d_b: dB, ...trainingSeedCell(row) });
  }

  csv(): string {
    return writeTable(ckaColumns, this.#rows);
  }
}
