import type { LossCurve } from '../../formats/step-results.js';
import { type RowOf, writeTable } from './csv.js';

export const lossColumns = {
  model: 'text',
  step: 'number',
  loss: 'number?',
  learning_rate: 'number?',
  gradient_norm: 'number?',
  tokens: 'number?',
} as const;

/** A row of loss.csv: one optimizer step. */
export type LossRow = RowOf<typeof lossColumns>;

/** Builds loss.csv: every optimizer step of every model. */
export class LossTable {
  readonly #rows: LossRow[] = [];

  add(model: string, curve: LossCurve): void {
    for (const { step, loss, learningRate, gradientNorm, tokens } of curve) {
      this.#rows.push({ model, step, loss, learning_rate: learningRate, gradient_norm: gradientNorm, tokens });
    }
  }

  csv(): string {
    return writeTable(lossColumns, this.#rows);
  }
}
