import { html } from '../html.js';
import { plainHead, tableBlock } from '../html-table.js';
import type { Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { dataColumns } from '../tables/data.js';
import { readResult } from '../tables/result-rows.js';
import { seedSuffix } from '../training-seeds.js';

const counts = ['rows', 'tokens', 'targets', 'truncated', 'dropped', 'without_target', 'merged'] as const;

export const dataSection: Section = {
  heading: 'Data',
  needs: 'data.csv',
  figures: () => [],
  async render({ files, params }) {
    const style = new SeriesStyle(params.style);
    const rows = readResult(files, 'data.csv', dataColumns);
    const body = rows.map(
      (row) => html`<tr class="group"><th scope="row">${style.called(row.dataset)}</th>
      <td class="text">${usedFor(row, style)}${seedSuffix(row)}</td>
      ${counts.map((count) => html`<td>${row[count].toLocaleString('en')}</td>`)}</tr>`,
    );
    const heads = ['rows', 'tokens', 'learnt tokens', 'cut', 'left out', 'nothing to learn', 'merged'];
    return tableBlock(
      'What became of the rows',
      plainHead([{ text: 'dataset' }, { text: 'used for' }, ...heads]),
      body,
      html`Rows are those that were used. Cut: at the length limit. Left out: over it. Nothing to learn: no token of the
      response was left. Merged: the response’s first token joins the prompt’s last, so that ${'`semantics`'} decides what
      is learnt. All numbers: <a href="data.csv">data.csv</a>.`,
    );
  },
};

function usedFor({ metric, model }: { readonly metric: string; readonly model: string }, style: SeriesStyle): string {
  return metric === '' ? `trains ${style.called(model)}` : `${style.calledMetric(metric)} of ${style.called(model)}`;
}
