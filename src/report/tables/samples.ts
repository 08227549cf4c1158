import { type RowOf, writeTable } from './csv.js';
import { type OfTrainingSeed, trainingSeedCell, trainingSeedColumn } from './training-seed.js';

export const sampleColumns = {
  metric: 'text',
  model: 'text',
  item: 'number',
  prompt: 'text',
  response: 'text',
  score: 'number?',
  ...trainingSeedColumn,
} as const;

/** A row of samples.csv: what one model answered to one prompt. */
export type SampleRow = RowOf<typeof sampleColumns>;

/** Items a model that stand in the table: enough to see what a model is like, and little enough to send with a page. */
export const mostItems = 20;
/** Characters of a text. */
export const mostCharacters = 600;

/** One item as the steps that score write it. */
export interface SampledItem {
  readonly prompt: string;
  readonly response: string;
  /** null: invalid. */
  readonly score: number | null;
}

/** Builds samples.csv: the first items of each metric, the same of every whole model and training seed. */
export class SamplesTable {
  readonly #rows: SampleRow[] = [];

  add(of: OfTrainingSeed & { readonly metric: string; readonly model: string }, items: readonly SampledItem[]): void {
    const { metric, model } = of;
    for (const [item, { prompt, response, score }] of items.slice(0, mostItems).entries()) {
      const texts = { prompt: shortened(prompt), response: shortened(response) };
      this.#rows.push({ metric, model, item, ...texts, score, ...trainingSeedCell(of) });
    }
  }

  csv(): string {
    return writeTable(sampleColumns, this.#rows);
  }
}

/** The end of a prompt is what the model answers; the beginning may be worked examples. No character is cut in half. */
function shortened(text: string): string {
  if (text.length <= mostCharacters) return text;
  const head = text.slice(0, mostCharacters / 2).replace(/[\uD800-\uDBFF]$/, '');
  const tail = text.slice(-mostCharacters / 2).replace(/^[\uDC00-\uDFFF]/, '');
  return `${head} … ${tail}`;
}
