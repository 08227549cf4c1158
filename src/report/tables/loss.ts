import type { LossCurve } from '../../formats/step-results.js';
import { type RowOf, writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const lossColumns = {
  model: 'text',
  step: 'number',
  loss: 'number?',
  learning_rate: 'number?',
  gradient_norm: 'number?',
  tokens: 'number?',
  ...trainingSeedColumn,
} as const;

/** A row of loss.csv: one optimizer step. */
export type LossRow = RowOf<typeof lossColumns>;

/** Builds loss.csv: every optimizer step of every model. */
export class LossTable {
  readonly #rows: LossRow[] = [];

  add(of: OfTrainingSeed & { readonly model: string }, curve: LossCurve): void {
    const { model } = of;
    for (const { step, loss, learningRate, gradientNorm, tokens } of curve) {
      const measured = { loss, learning_rate: learningRate, gradient_norm: gradientNorm, tokens };
      this.#rows.push({ model, step, ...measured, ...trainingSeedCell(of) });
    }
  }

  csv(): string {
    return writeTable(lossColumns, this.#rows);
  }
}
