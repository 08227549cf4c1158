import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import { type Html, html } from '../html.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import { numberOver, type PaperRow, type PaperTable, plainNumber, trainingText } from '../paper-tables/paper-table.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, summarize } from '../statistics.js';
import { readResult } from '../tables/result-rows.js';
import { type SpectrumRow, spectrumColumns } from '../tables/spectrum.js';
import { type Averaged, averagedOverSeeds, trainingNote } from '../training-seeds.js';
import { significantText } from '../wording.js';

export const spectrumSection: Section = {
  heading: 'Directions of updates',
  needs: 'spectrum.csv',
  figures: (input) => figuresOf(read(input)),
  tables: (input) => [tableOf(read(input))],
  async render(input, show) {
    const spectra = read(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(spectra), input))}
      ${show.table && tableOnPage('Directions of updates, mean over the matrices that they change', tableOf(spectra), noteOf(spectra))}`;
  },
};

const norms = ['frobenius_norm', 'spectral_norm'] as const;
const measures = ['effective_rank', 'stable_rank', 'participation_ratio', 'rank', ...norms] as const;

interface Spectra {
  readonly text: string;
  /** Means over training seeds, where there are several. */
  readonly rows: readonly Averaged<SpectrumRow>[];
  readonly style: SeriesStyle;
}

function read({ files, params }: FigureInput): Spectra {
  const text = files.get('spectrum.csv')!;
  const style = new SeriesStyle(params.style);
  const rows = averagedOverSeeds(readResult(files, 'spectrum.csv', spectrumColumns), measures);
  return { text, rows: style.sorted(rows, ({ update }) => update), style };
}

/** A vector or a scalar has one direction whatever it holds. */
function isMatrix({ tensor, rank_max }: SpectrumRow): boolean {
  return tensor !== '' && rank_max > 1;
}

function shareOf({ effective_rank, rank_max }: SpectrumRow): number | null {
  return effective_rank === null ? null : effective_rank / rank_max;
}

function figuresOf({ rows, text, style }: Spectra): Figure[] {
  const matrices = rows.filter(isMatrix);
  const max = matrices.reduce((most, row) => Math.max(most, shareOf(row) ?? 0), 0);
  if (max === 0) return [];
  const panels = [...groupBy(matrices, (row) => row.update)].map(([update, group]) => {
    const values = group.map((row) => ({ tensor: row.tensor, value: shareOf(row), title: titleOf(row) }));
    return { kind: 'layers', title: style.called(update), values, max } as const;
  });
  const figure: Figure = {
    name: 'spectrum',
    title: 'How many directions an update has, tensor by tensor',
    heat: { label: 'effective rank, as a part of the most that the tensor can have', max: significantText(max) },
    panels,
    caption: html`
      <p><b>Effective rank</b> of an update with the singular values σ is exp(−Σ p ln p), p = σ / Σσ: 1 where all of it lies
      in one direction, r where r directions have the same share. <b>Stable rank</b> is Σσ² / σ₁², and <b>participation
      ratio</b> (Σσ²)² / Σσ⁴; they give more weight to the large singular values.</p>
      <p><b>How to read it.</b> One cell a matrix: layers across, parts of a layer down, tensors outside the layers in the
      column “–”. The more colour, the more directions. Rest the pointer on a cell for its numbers. A frame without colour:
      not changed by the update. Vectors have one direction and are left out.</p>
      <p class="downloads">Data: ${download(text, 'spectrum.csv', 'all tensors')},
      <a href="spectrum.csv">spectrum.csv</a>.</p>`,
  };
  return [figure];
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

function tableOf({ rows: all, style }: Spectra): PaperTable {
  const rows = [...groupBy(all, ({ update }) => update)].map(([update, group]): PaperRow => {
    const whole = group.find(({ tensor }) => tensor === '')!;
    const changed = group.filter((row) => isMatrix(row) && row.effective_rank !== null);
    const mean = (of: (row: SpectrumRow) => number) =>
      plainNumber(changed.length === 0 ? null : summarize(changed.map(of)).mean);
    const numbers = [
      plainNumber(changed.length),
      mean((row) => row.effective_rank!),
      mean((row) => shareOf(row)!),
      mean((row) => row.stable_rank!),
      mean((row) => row.participation_ratio!),
      whole.effective_rank === null ? null : numberOver({ mean: whole.effective_rank, sd: null }, whole.training),
      plainNumber(whole.rank_max),
      plainNumber(whole.frobenius_norm),
    ];
    return { labels: [style.called(update)], group: '', numbers };
  });
  return {
    name: 'spectrum',
    title: `Directions of updates: mean over the matrices that they change, and the effective rank of the whole model as one matrix with all tensors as blocks on its diagonal${trainingText(rows)}`,
    labels: ['update'],
    columns: [
      { label: 'matrices', notation: 'count' },
      { label: 'effective rank', notation: 'significant' },
      { label: 'part of the most' },
      { label: 'stable rank', notation: 'significant' },
      { label: 'participation ratio', notation: 'significant' },
      { label: 'effective rank', over: 'whole model', notation: 'significant' },
      { label: 'of', over: 'whole model', notation: 'count' },
      { label: '‖Δ‖', notation: 'significant' },
    ],
    rows,
  };
}

function noteOf({ rows }: Spectra): Html {
  return html`Part of the most: the mean of the effective rank’s part of the most there can be. Whole model: the effective rank of
    one matrix that has all tensors as blocks on its diagonal, and the most that it can be. ${trainingNote(rows.map(({ training }) => training))}
    Every tensor, in full precision: <a href="spectrum.csv">spectrum.csv</a>.`;
}
