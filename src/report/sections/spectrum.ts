import { download } from '../figures/caption.js';
import { heatLegend, layerPanel } from '../figures/layer.js';
import { type Html, html } from '../html.js';
import { numberCell, plainHead, tableBlock } from '../html-table.js';
import type { Section } from '../section.js';
import { groupBy, summarize } from '../statistics.js';
import { readTable } from '../tables/csv.js';
import { type SpectrumRow, spectrumColumns } from '../tables/spectrum.js';
import { ratioText, significantText } from '../wording.js';

export const spectrumSection: Section = {
  heading: 'Directions of updates',
  needs: 'spectrum.csv',
  async render({ files }, show) {
    const text = files.get('spectrum.csv')!;
    const rows = readTable(text, spectrumColumns);
    return html`
      ${show.figure && (await figure(rows, text))}
      ${show.table && table(rows)}`;
  },
};

/** A vector or a scalar has one direction whatever it holds. */
function isMatrix({ tensor, rank_max }: SpectrumRow): boolean {
  return tensor !== '' && rank_max > 1;
}

function shareOf({ effective_rank, rank_max }: SpectrumRow): number | null {
  return effective_rank === null ? null : effective_rank / rank_max;
}

async function figure(rows: readonly SpectrumRow[], text: string): Promise<Html | undefined> {
  const matrices = rows.filter(isMatrix);
  const max = matrices.reduce((most, row) => Math.max(most, shareOf(row) ?? 0), 0);
  if (max === 0) return undefined;
  const panels: Html[] = [];
  for (const [update, group] of groupBy(matrices, (row) => row.update)) {
    const values = group.map((row) => ({ tensor: row.tensor, value: shareOf(row), title: titleOf(row) }));
    panels.push(await layerPanel(update, values, max));
  }
  return html`<figure>
    <h3>How many directions an update has, tensor by tensor</h3>
    ${heatLegend('effective rank, as a part of the most that the tensor can have', significantText(max))}
    <div class="panels">${panels}</div>
    <figcaption>
      <p><b>Effective rank</b> of an update with the singular values σ is exp(−Σ p ln p), p = σ / Σσ: 1 where all of it lies
      in one direction, r where r directions have the same share. <b>Stable rank</b> is Σσ² / σ₁², and <b>participation
      ratio</b> (Σσ²)² / Σσ⁴; they give more weight to the large singular values.</p>
      <p><b>How to read it.</b> One cell a matrix: layers across, parts of a layer down, tensors outside the layers in the
      column “–”. The more colour, the more directions. Rest the pointer on a cell for its numbers. A frame without colour:
      not changed by the update. Vectors have one direction and are left out.</p>
      <p class="downloads">Data: ${download(text, 'spectrum.csv', 'all tensors')},
      <a href="spectrum.csv">spectrum.csv</a>.</p>
    </figcaption>
  </figure>`;
}

function titleOf(row: SpectrumRow): string {
  if (row.effective_rank === null) return `${row.tensor}\nnot changed by the update`;
  const ranks = [
    `effective rank ${significantText(row.effective_rank)} of ${row.rank_max}`,
    `stable rank ${significantText(row.stable_rank)}`,
    `participation ratio ${significantText(row.participation_ratio)}`,
  ];
  return [row.tensor, ...ranks].join('\n');
}

function table(rows: readonly SpectrumRow[]): Html {
  const body = [...groupBy(rows, ({ update }) => update)].map(([update, group]) => {
    const whole = group.find(({ tensor }) => tensor === '')!;
    const changed = group.filter((row) => isMatrix(row) && row.effective_rank !== null);
    const mean = (of: (row: SpectrumRow) => number) => (changed.length === 0 ? null : summarize(changed.map(of)).mean);
    return html`<tr class="group"><th scope="row">${update}</th><td>${changed.length}</td>
      ${numberCell(significantText(mean((row) => row.effective_rank!)), ratioText(mean((row) => shareOf(row)!)))}
      ${numberCell(significantText(mean((row) => row.stable_rank!)))}
      ${numberCell(significantText(mean((row) => row.participation_ratio!)))}
      ${numberCell(significantText(whole.effective_rank), `of ${whole.rank_max}`)}
      ${numberCell(significantText(whole.frobenius_norm))}</tr>`;
  });
  const heads = ['effective rank', 'stable rank', 'participation ratio', 'whole model', '‖Δ‖'];
  return tableBlock(
    'Directions of updates, mean over the matrices that they change',
    plainHead([{ text: 'update' }, 'matrices', ...heads]),
    body,
    html`Below the mean effective rank: the mean of its part of the most there can be. Whole model: the effective rank of
    one matrix that has all tensors as blocks on its diagonal. Every tensor, in full precision:
    <a href="spectrum.csv">spectrum.csv</a>.`,
  );
}
