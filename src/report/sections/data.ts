import { html } from '../html.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import { type PaperTable, plainNumber } from '../paper-tables/paper-table.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { dataColumns } from '../tables/data.js';
import { readResult } from '../tables/result-rows.js';
import { seedSuffix } from '../training-seeds.js';

/** Columns of data.csv, and their heads. */
const counts = [
  ['rows', 'rows'],
  ['tokens', 'tokens'],
  ['targets', 'learnt tokens'],
  ['truncated', 'cut'],
  ['dropped', 'left out'],
  ['without_target', 'nothing to learn'],
  ['merged', 'merged'],
] as const;

export const dataSection: Section = {
  heading: 'Data',
  needs: 'data.csv',
  figures: () => [],
  tables: (input) => [tableOf(input)],
  async render(input) {
    const note = html`Rows are those that were used. Cut: at the length limit. Left out: over it. Nothing to learn: no token of the
      response was left. Merged: the response’s first token joins the prompt’s last, so that ${'`semantics`'} decides what
      is learnt. All numbers: <a href="data.csv">data.csv</a>.`;
    return tableOnPage('What became of the rows', tableOf(input), note);
  },
};

/** A row a dataset and use: every training seed has its own. */
function tableOf({ files, params }: FigureInput): PaperTable {
  const style = new SeriesStyle(params.style);
  return {
    name: 'data',
    title: 'What became of the rows of datasets',
    labels: ['dataset', 'used for'],
    columns: counts.map(([, label]) => ({ label, notation: 'count' })),
    rows: readResult(files, 'data.csv', dataColumns).map((row) => ({
      labels: [style.called(row.dataset), `${usedFor(row, style)}${seedSuffix(row)}`],
      group: '',
      numbers: counts.map(([count]) => plainNumber(row[count])),
    })),
  };
}

function usedFor({ metric, model }: { readonly metric: string; readonly model: string }, style: SeriesStyle): string {
  return metric === '' ? `trains ${style.called(model)}` : `${style.calledMetric(metric)} of ${style.called(model)}`;
}
