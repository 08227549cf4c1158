import { axisDomain } from '../figures/axis-domain.js';
import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import { type Html, html } from '../html.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import {
  numberOver,
  type PaperRow,
  type PaperTable,
  plainNumber,
  trainingText,
  withRange,
} from '../paper-tables/paper-table.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, summarize } from '../statistics.js';
import { type CosineRow, cosineColumns } from '../tables/cosine.js';
import { readResult } from '../tables/result-rows.js';
import { type Averaged, averagedOverSeeds, trainingNote } from '../training-seeds.js';
import { ratioText, significantText } from '../wording.js';

export const cosineSection: Section = {
  heading: 'Cosines of updates',
  needs: 'cosine.csv',
  figures: (input) => figuresOf(read(input)),
  tables: (input) => [tableOf(read(input))],
  async render(input, show) {
    const cosines = read(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(cosines), input))}
      ${show.table && tableOnPage('Cosines of updates', tableOf(cosines), noteOf(cosines))}`;
  },
};

const measures = ['cosine', 'sign_agreement', 'changed_by_both', 'norm_a', 'norm_b'] as const;

interface Cosines {
  readonly text: string;
  /** Means over training seeds, where there are several. */
  readonly rows: readonly Averaged<CosineRow>[];
  readonly style: SeriesStyle;
}

function read({ files, params }: FigureInput): Cosines {
  const text = files.get('cosine.csv')!;
  const style = new SeriesStyle(params.style);
  const rows = averagedOverSeeds(readResult(files, 'cosine.csv', cosineColumns), measures);
  return { text, rows: style.sorted(rows, ({ pair }) => pair), style };
}

function figuresOf({ rows, text, style }: Cosines): Figure[] {
  const tensors = rows.filter(({ tensor }) => tensor !== '');
  const measured = tensors.flatMap(({ cosine }) => (cosine === null ? [] : [Math.abs(cosine)]));
  if (measured.length === 0) return [];
  const max = axisDomain([0, ...measured], { least: 0, most: 1 })[1];
  const panels = [...groupBy(tensors, (row) => row.pair)].map(([pair, group]) => {
    const values = group.map((row) => ({ tensor: row.tensor, value: row.cosine, title: titleOf(row) }));
    return { kind: 'layers', title: style.calledPair(pair), values, max } as const;
  });
  const figure: Figure = {
    name: 'cosine',
    title: 'Where in the model two updates go the same way',
    heat: { label: 'cosine of the two updates', max: significantText(max), signed: true },
    panels,
    caption: html`
      <p><b>Cosine</b> of updates A and B is ⟨Δ<sub>A</sub>, Δ<sub>B</sub>⟩ / (‖Δ<sub>A</sub>‖ ‖Δ<sub>B</sub>‖), each tensor
      read as one long vector: 1 where they go the same way, 0 where they have nothing to do with each other, −1 where one
      undoes the other. <b>Sign agreement</b> is the part of the elements that both change in the same direction, among those
      that both change; by chance it is one half.</p>
      <p><b>How to read it.</b> One cell a tensor: layers across, parts of a layer down, tensors outside the layers in the
      column “–”. Rest the pointer on a cell for its numbers. Two random updates of n elements have a cosine of about
      1 / √n, of either sign. A frame without colour: near 0, or not changed by both updates.</p>
      <p class="downloads">Data: ${download(text, 'cosine.csv', 'all tensors')}, <a href="cosine.csv">cosine.csv</a>.</p>`,
  };
  return [figure];
}

function titleOf({ tensor, cosine, sign_agreement, changed_by_both, elements }: CosineRow): string {
  if (cosine === null) return `${tensor}\nnot changed by both updates`;
  const signs = sign_agreement === null ? '' : `, ${ratioText(sign_agreement)} of them with the same sign`;
  return `${tensor}\ncosine ${ratioText(cosine)}\n${Math.round(changed_by_both)} of ${elements} elements changed by both${signs}`;
}

function tableOf({ rows: all, style }: Cosines): PaperTable {
  const rows = [...groupBy(all, ({ pair }) => pair)].map(([pair, group]): PaperRow => {
    const whole = group.find(({ tensor }) => tensor === '')!;
    const cosines = group.flatMap(({ tensor, cosine }) => (tensor === '' || cosine === null ? [] : [cosine]));
    const over = cosines.length === 0 ? undefined : summarize(cosines);
    const numbers = [
      whole.cosine === null ? null : numberOver({ mean: whole.cosine, sd: null }, whole.training),
      withRange(plainNumber(over?.mean), over && { low: over.min, high: over.max }),
      plainNumber(cosines.length),
      plainNumber(whole.sign_agreement),
      plainNumber(whole.elements === 0 ? null : whole.changed_by_both / whole.elements),
      plainNumber(whole.norm_a),
      plainNumber(whole.norm_b),
    ];
    return { labels: [style.calledPair(pair)], group: '', numbers };
  });
  return {
    name: 'cosine',
    title: `Cosines of updates: of the whole model as one long vector, and the mean over tensors with the smallest and the largest of one; sign agreement of the elements that both change, and their part of all${trainingText(rows)}`,
    labels: ['pair'],
    columns: [
      { label: 'whole model' },
      { label: 'mean over tensors' },
      { label: 'tensors', notation: 'count' },
      { label: 'sign agreement' },
      { label: 'changed by both' },
      { label: '‖Δ_A‖', notation: 'significant' },
      { label: '‖Δ_B‖', notation: 'significant' },
    ],
    rows,
  };
}

function noteOf({ rows }: Cosines): Html {
  return html`Whole model: all tensors as one long vector. Below each mean: the smallest and the largest of a tensor. Sign agreement is
    about the elements that both updates change, whose part of all elements stands beside it.
    ${trainingNote(rows.map(({ training }) => training))} Every tensor, in full
    precision: <a href="cosine.csv">cosine.csv</a>.`;
}
