import type { LossCurve } from '../../steps/train.js';
import { type Cell, writeCsv } from './csv.js';

const columns = ['model', 'step', 'loss', 'learning_rate', 'gradient_norm', 'tokens'] as const;

type Row = Record<(typeof columns)[number], Cell>;

/** Builds loss.csv: every optimizer step of every model. */
export class LossTable {
  readonly #rows: Row[] = [];

  add(model: string, curve: LossCurve): void {
    for (const { step, loss, learningRate, gradientNorm, tokens } of curve) {
      this.#rows.push({ model, step, loss, learning_rate: learningRate, gradient_norm: gradientNorm, tokens });
    }
  }

  csv(): string {
    return writeCsv(columns, this.#rows);
  }
}
