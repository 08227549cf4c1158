import { writeTable } from '../../../src/report/tables/csv.js';
import { realignColumns } from '../../../src/report/tables/realign.js';
import type { Noise } from './example-behaviour.js';

/** Cosines of the matrices of realigned models, and which of them change. */
export function realignCsv(models: readonly string[], tensors: readonly string[], noise: Noise): string {
  const rows = models.flatMap((model) =>
    tensors
      .filter((tensor) => !tensor.includes('norm'))
      .map((tensor, index) => {
        const cosine = index === 0 ? null : 0.5 + 0.5 * noise('realign', model, tensor);
        return { model, tensor, cosine, changed: cosine !== null && cosine < 0.5 ? 1 : 0 };
      }),
  );
  return writeTable(realignColumns, rows);
}
