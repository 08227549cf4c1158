import { download } from '../figures/caption.js';
import { heatLegend, layerPanel } from '../figures/layer.js';
import { type Html, html } from '../html.js';
import { numberCell, plainHead, tableBlock } from '../html-table.js';
import type { Section } from '../section.js';
import { groupBy } from '../statistics.js';
import { readTable } from '../tables/csv.js';
import { type RealignRow, realignColumns } from '../tables/realign.js';
import { significantText } from '../wording.js';

export const realignSection: Section = {
  heading: 'Realignment of updates',
  needs: 'realign.csv',
  async render({ files }, show) {
    const text = files.get('realign.csv')!;
    const rows = readTable(text, realignColumns);
    return html`
      ${show.figure && (await figure(rows, text))}
      ${show.table && table(rows)}`;
  },
};

async function figure(rows: readonly RealignRow[], text: string): Promise<Html> {
  const panels: Html[] = [];
  for (const [model, group] of groupBy(rows, (row) => row.model)) {
    const values = group.map((row) => ({
      tensor: row.tensor,
      value: row.cosine === null ? null : Math.max(0, row.cosine),
      title: titleOf(row),
    }));
    panels.push(await layerPanel(model, values, 1));
  }
  return html`<figure>
    <h3>How far an update agrees with the alignment, tensor by tensor</h3>
    ${heatLegend('cosine of C Δ and Δ', '1')}
    <div class="panels">${panels}</div>
    <figcaption>
      <p><b>Cosine</b> of C Δ and Δ, with C = V Vᵀ / ‖V‖ of the alignment's update V: 1 where the update lies in the main
      directions of the alignment, 0 where it has nothing in common with it. Tensors with low cosines change.</p>
      <p><b>How to read it.</b> One cell a matrix: layers across, parts of a layer down, tensors outside the layers in the
      column “–”. Rest the pointer on a cell for its number and whether it changed. A frame without colour has no cosine.</p>
      <p class="downloads">Data: ${download(text, 'realign.csv', 'all tensors')},
      <a href="realign.csv">realign.csv</a>.</p>
    </figcaption>
  </figure>`;
}

function titleOf({ tensor, cosine, changed }: RealignRow): string {
  const agreement = cosine === null ? 'no cosine' : `cosine ${significantText(cosine)}`;
  return `${tensor}\n${agreement}\n${changed === 1 ? 'changed' : 'as tuned'}`;
}

function table(rows: readonly RealignRow[]): Html {
  const body = [...groupBy(rows, ({ model }) => model)].map(([model, group]) => {
    const cosines = group.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
    const changed = group.filter((row) => row.changed === 1);
    const end = (of: (...values: number[]) => number) =>
      numberCell(significantText(cosines.length === 0 ? null : of(...cosines)));
    return html`<tr class="group"><th scope="row">${model}</th><td>${changed.length} of ${group.length}</td>
      ${end(Math.min)}${end(Math.max)}</tr>`;
  });
  return tableBlock(
    'Realigned models',
    plainHead([{ text: 'model' }, 'tensors changed', 'lowest cosine', 'highest cosine']),
    body,
    html`Every tensor: <a href="realign.csv">realign.csv</a>.`,
  );
}
