import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import { html } from '../html.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import { type PaperTable, plainNumber } from '../paper-tables/paper-table.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, summarize } from '../statistics.js';
import { type RealignRow, realignColumns } from '../tables/realign.js';
import { readResult } from '../tables/result-rows.js';
import { seedSuffix } from '../training-seeds.js';
import { significantText } from '../wording.js';

export const realignSection: Section = {
  heading: 'Realignment of updates',
  needs: 'realign.csv',
  figures: (input) => figuresOf(read(input)),
  tables: (input) => [tableOf(read(input))],
  async render(input, show) {
    const realigned = read(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(realigned), input))}
      ${show.table && tableOnPage('Realigned models', tableOf(realigned), note)}`;
  },
};

interface Realigned {
  readonly text: string;
  readonly rows: readonly RealignRow[];
  readonly style: SeriesStyle;
}

function read({ files, params }: FigureInput): Realigned {
  const text = files.get('realign.csv')!;
  const style = new SeriesStyle(params.style);
  return { text, rows: style.sorted(readResult(files, 'realign.csv', realignColumns), ({ model }) => model), style };
}

function figuresOf({ rows, text, style }: Realigned): Figure[] {
  if (rows.length === 0) return [];
  const panels = byModel(rows).map((group) => {
    const values = group.map((row) => ({
      tensor: row.tensor,
      value: row.cosine === null ? null : Math.max(0, row.cosine),
      title: titleOf(row),
    }));
    return { kind: 'layers', title: nameOf(group, style), values, max: 1 } as const;
  });
  const figure: Figure = {
    name: 'realign',
    title: 'How far an update agrees with the alignment, tensor by tensor',
    heat: { label: 'cosine of C Δ and Δ', max: '1' },
    panels,
    caption: html`
      <p><b>Cosine</b> of C Δ and Δ, with C = V Vᵀ / ‖V‖ of the alignment's update V: 1 where the update lies in the main
      directions of the alignment, 0 where it has nothing in common with it. Tensors with low cosines change.</p>
      <p><b>How to read it.</b> One cell a matrix: layers across, parts of a layer down, tensors outside the layers in the
      column “–”. Rest the pointer on a cell for its number and whether it changed. A frame without colour has no cosine.</p>
      <p class="downloads">Data: ${download(text, 'realign.csv', 'all tensors')},
      <a href="realign.csv">realign.csv</a>.</p>`,
  };
  return [figure];
}

/** The rows of each model, of every training seed by itself. */
function byModel(rows: readonly RealignRow[]): RealignRow[][] {
  return [...groupBy(rows, (row) => JSON.stringify([row.model, seedSuffix(row)])).values()];
}

function nameOf([first]: readonly RealignRow[], style: SeriesStyle): string {
  return `${style.called(first!.model)}${seedSuffix(first!)}`;
}

function titleOf({ tensor, cosine, changed }: RealignRow): string {
  const agreement = cosine === null ? 'no cosine' : `cosine ${significantText(cosine)}`;
  return `${tensor}\n${agreement}\n${changed === 1 ? 'changed' : 'as tuned'}`;
}

const note = html`Every tensor: <a href="realign.csv">realign.csv</a>.`;

/** A row a model: every training seed has its own. */
function tableOf({ rows: all, style }: Realigned): PaperTable {
  const rows = byModel(all).map((group) => {
    const cosines = group.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
    const over = cosines.length === 0 ? undefined : summarize(cosines);
    const changed = group.filter((row) => row.changed === 1);
    const values = [changed.length, group.length, over?.min, over?.max];
    return { labels: [nameOf(group, style)], group: '', numbers: values.map(plainNumber) };
  });
  return {
    name: 'realign',
    title: 'Realigned models: how many of their tensors change, and the lowest and highest cosine of C Δ and Δ',
    labels: ['model'],
    columns: [
      { label: 'changed', over: 'tensors', notation: 'count' },
      { label: 'of', over: 'tensors', notation: 'count' },
      { label: 'lowest', over: 'cosine', notation: 'significant' },
      { label: 'highest', over: 'cosine', notation: 'significant' },
    ],
    rows,
  };
}
