import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { Panel } from '../figures/panel.js';
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
import { type CkaRow, ckaColumns } from '../tables/cka.js';
import { readResult } from '../tables/result-rows.js';
import {
  type Averaged,
  averagedOverSeeds,
  overTrainingSeeds,
  spreadText,
  trainingBar,
  trainingNote,
} from '../training-seeds.js';
import { ratioText } from '../wording.js';

export const ckaSection: Section = {
  heading: 'Likeness of activations (CKA)',
  needs: 'cka.csv',
  figures: (input) => figuresOf(read(input)),
  tables: (input) => [tableOf(read(input))],
  async render(input, show) {
    const measured = read(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(measured), input))}
      ${show.table && tableOnPage('Linear CKA, mean over the layers of the window', tableOf(measured), noteOf(measured))}`;
  },
};

interface Measured {
  readonly text: string;
  /** Means over training seeds, where there are several. */
  readonly rows: readonly Averaged<CkaRow>[];
  /** Those of single training seeds. */
  readonly single: readonly CkaRow[];
  readonly style: SeriesStyle;
}

function read({ files, params }: FigureInput): Measured {
  const text = files.get('cka.csv')!;
  const style = new SeriesStyle(params.style);
  const single = readResult(files, 'cka.csv', ckaColumns);
  const rows = style.sorted(
    averagedOverSeeds(single, ['cka']),
    ({ prompts }) => prompts,
    ({ pair }) => pair,
  );
  return { text, rows, single, style };
}

/** The metric is told only where there are several. */
function setOf({ metric, prompts }: CkaRow, { rows, style }: Measured): string {
  const set = style.called(prompts);
  return rows.every((other) => other.metric === metric) ? set : `${set}, ${style.calledMetric(metric)}`;
}

function figuresOf(all: Measured): Figure[] {
  const { rows, text, style } = all;
  const measured = rows.filter(({ cka }) => cka !== null);
  if (measured.length === 0) return [];
  const looks = style.looksFor(rows.map(({ pair }) => pair));
  const sets = groupBy(measured, ({ metric, prompts }) => JSON.stringify([metric, prompts]));
  const panels = [...sets.values()].map((group): Panel => {
    const last = group.reduce((most, { layer }) => Math.max(most, layer), 1);
    return {
      kind: 'lines',
      title: `Prompts ${setOf(group[0]!, all)}`,
      x: { of: 'layer', label: 'layer (0: embeddings)', domain: [0, last], whole: true },
      y: { of: 'cka', label: 'linear CKA', domain: [0, 1] },
      series: [...groupBy(group, ({ pair }) => pair)].map(([pair, ofPair]) => ({
        look: looks.get(pair)!,
        points: [...ofPair]
          .sort((a, b) => a.layer - b.layer)
          .map(({ layer, cka, n, d_a, d_b, training }) => ({
            x: layer,
            y: cka!,
            ...trainingBar(training),
            title: `${style.calledPair(pair)}, layer ${layer}: ${ratioText(cka)}${spreadText(training, ratioText)}\n${n} prompts, widths ${d_a} and ${d_b}`,
          })),
      })),
    };
  });
  const figure: Figure = {
    name: 'cka',
    title: 'How alike two models see the same prompts, layer by layer',
    legend: [...looks].map(([pair, look]) => ({ name: style.calledPair(pair), look })),
    panels,
    caption: html`
      <p><b>Linear CKA</b> (Kornblith et al., 2019) of the hidden states X and Y that two models have of the same n prompts, one
      a row and columns centred, is ‖YᵀX‖²<sub>F</sub> / (‖XᵀX‖<sub>F</sub> ‖YᵀY‖<sub>F</sub>). It is 1 where the states are the
      same up to a rotation and a scale.</p>
      <p><b>How to read it.</b> The number of prompts matters: with n small beside the width d of the model, CKA comes out too
      high, and nears 1 even of states that have nothing to do with each other. Compare lines of the same n only. ${fewPrompts(measured)}
      Where no line is drawn, all prompts have the same state. ${trainingNote(rows.map(({ training }) => training))}</p>
      <p class="downloads">Data: ${download(text, 'cka.csv', 'all layers')}, <a href="cka.csv">cka.csv</a>.</p>`,
  };
  return [figure];
}

/** A warning where the bias cannot be small. */
function fewPrompts(rows: readonly CkaRow[]): string {
  const few = rows.find(({ n, d_a, d_b }) => n < Math.max(d_a, d_b));
  return few === undefined ? '' : `Here n is ${few.n} and d is ${Math.max(few.d_a, few.d_b)}.`;
}

function tableOf(all: Measured): PaperTable {
  const { rows: measured, single, style } = all;
  const groups = groupBy(measured, ({ metric, prompts, pair }) => JSON.stringify([metric, prompts, pair]));
  const rows = [...groups.values()].map((group): PaperRow => {
    const { pair, n } = group[0]!;
    const values = group.flatMap(({ cka, in_window }) => (cka === null || in_window === 0 ? [] : [cka]));
    const over = values.length === 0 ? undefined : summarize(values);
    const training = overTrainingSeeds(single.filter(isLike(group[0]!)), meanOverWindow);
    const mean = over && numberOver({ mean: over.mean, sd: null }, training);
    const numbers = [
      plainNumber(n),
      plainNumber(values.length),
      withRange(mean ?? null, over && { low: over.min, high: over.max }),
    ];
    return { labels: [setOf(group[0]!, all), style.calledPair(pair)], group: '', numbers };
  });
  return {
    name: 'cka',
    title: `Linear CKA of activations of n prompts: mean over the layers of the window, with the smallest and the largest of a layer${trainingText(rows)}`,
    labels: ['prompts', 'pair'],
    columns: [{ label: 'n', notation: 'count' }, { label: 'layers', notation: 'count' }, { label: 'CKA' }],
    rows,
  };
}

function noteOf({ rows }: Measured): Html {
  return html`n: prompts. Below each mean: the smallest and the largest of a layer. ${trainingNote(rows.map(({ training }) => training))}
    Every layer, in full precision: <a href="cka.csv">cka.csv</a>.`;
}

function isLike({ metric, prompts, pair }: CkaRow): (row: CkaRow) => boolean {
  return (row) => row.metric === metric && row.prompts === prompts && row.pair === pair;
}

function meanOverWindow(rows: readonly CkaRow[]): number | undefined {
  const values = rows.flatMap(({ cka, in_window }) => (cka === null || in_window === 0 ? [] : [cka]));
  return values.length === 0 ? undefined : summarize(values).mean;
}
