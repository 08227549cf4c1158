import { download, readings } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { SeriesLook } from '../figures/palette.js';
import type { Panel } from '../figures/panel.js';
import { type Html, html } from '../html.js';
import { headOverValues, tableBlock } from '../html-table.js';
import {
  chanceText,
  curveCells,
  energiesOf,
  energyAxis,
  lineOf,
  middleEnergy,
  overlapAxis,
  overlapCells,
  overlapMeasures,
  overlapPoints,
  type PairCurve,
  saidAt,
  spreadsOf,
  unitsOf,
} from '../overlap-curves.js';
import { overlapTables } from '../paper-tables/overlap.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy } from '../statistics.js';
import { type ActivationRow, activationColumns } from '../tables/activations.js';
import { writeCsv } from '../tables/csv.js';
import { readResult } from '../tables/result-rows.js';
import {
  type Averaged,
  averagedOverSeeds,
  rankText,
  spreadColumns,
  spreadText,
  trainingBar,
  trainingNote,
} from '../training-seeds.js';
import { ratioText } from '../wording.js';

/** A pair of sets of prompts in one model: over the layers of the window, at each energy. */
interface PromptsCurve extends PairCurve {
  readonly metric: string;
  readonly model: string;
}

export const activationsSection: Section = {
  heading: 'Overlap of activations',
  needs: 'activations.csv',
  figures: (input) => figuresOf(read(input)),
  tables(input) {
    const { curves, style } = read(input);
    const units = 'the layers of the window';
    const labels = ['metric', 'model', 'pair'];
    return overlapTables({ name: 'activations', subject: 'Overlap of activations', units, labels }, curves, (curve) => [
      style.calledMetric(curve.metric),
      style.called(curve.model),
      style.calledPair(curve.pair),
    ]);
  },
  async render(input, show) {
    const shown = read(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(shown), input))}
      ${show.table && table(shown)}`;
  },
};

interface Shown {
  readonly rows: readonly Averaged<ActivationRow>[];
  readonly curves: readonly PromptsCurve[];
  readonly looks: ReadonlyMap<string, SeriesLook>;
  readonly style: SeriesStyle;
}

function read({ files, params }: FigureInput): Shown {
  const style = new SeriesStyle(params.style);
  const rows = style.sorted(
    readResult(files, 'activations.csv', activationColumns),
    ({ metric }) => metric,
    ({ model }) => model,
    ({ pair }) => pair,
  );
  return {
    rows: averagedOverSeeds(rows, overlapMeasures),
    curves: curvesOf(rows),
    looks: style.looksFor(rows.map(({ pair }) => pair)),
    style,
  };
}

function figuresOf(shown: Shown): Figure[] {
  return [byEnergy(shown), byLayer(shown)].filter((figure) => figure !== undefined);
}

function curvesOf(rows: readonly ActivationRow[]): PromptsCurve[] {
  const inWindow = rows.filter(({ in_window }) => in_window === 1);
  const curves = groupBy(inWindow, ({ metric, model, pair }) => JSON.stringify([metric, model, pair]));
  return [...curves.values()].flatMap((group) => {
    const { metric, model, pair } = group[0]!;
    const points = overlapPoints(group);
    return points.length === 0 ? [] : [{ metric, model, pair, points }];
  });
}

function byEnergy({ curves, looks, style }: Shown): Figure | undefined {
  if (curves.length === 0) return undefined;
  const models = groupBy(curves, ({ metric, model }) => JSON.stringify([metric, model]));
  const panels = [...models.values()].map(
    (group): Panel => ({
      kind: 'lines',
      title: `Model ${modelOf(group[0]!, curves, style)}`,
      x: energyAxis,
      y: overlapAxis,
      series: group.map(({ pair, points }) => {
        const line = lineOf(style.calledPair(pair), points);
        const spread = points.map(({ overlap: { n, min, max } }, at) => ({
          ...line.points[at]!,
          ...(n > 1 ? { low: min, high: max } : {}),
        }));
        return { look: looks.get(pair)!, ...line, points: spread };
      }),
    }),
  );
  return {
    name: 'activations',
    title: 'How far sets of prompts activate the same directions',
    legend: [...looks].map(([pair, look]) => ({ name: style.calledPair(pair), look })),
    dashed: chanceText,
    panels,
    caption: html`
      <p><b>Mode subspace overlap</b> of two sets of prompts at energy η is ‖U<sub>A</sub>ᵀ U<sub>B</sub>‖²<sub>F</sub> /
      min(k<sub>A</sub>, k<sub>B</sub>), where U holds the first k left singular vectors of the hidden states of a set, one
      column a prompt, and k is the smallest number of them with η of the squared singular values. Mean over the layers of
      the window. By chance it is max(k<sub>A</sub>, k<sub>B</sub>) / d on average, d = the width of the model.</p>
      <p><b>How to read it.</b> What counts is the distance between a line and the dashed line of its colour.
      Bands span the layers of the window. ${trainingNote(spreadsOf(curves))}</p>
      ${reading(curves, style)}
      <p class="downloads">Data: ${download(curvesCsv(curves), 'activation-curves.csv', 'the curves')},
      <a href="activations.csv">activations.csv</a>.</p>`,
  };
}

/** What the means say at the energy nearest one half, without judging it. */
function reading(curves: readonly PromptsCurve[], style: SeriesStyle): Html | undefined {
  const middle = middleEnergy(curves.flatMap(({ points }) => points));
  const models = groupBy(curves, ({ metric, model }) => JSON.stringify([metric, model]));
  const said = [...models.values()].map((group) => ({
    title: `Model ${modelOf(group[0]!, curves, style)}`,
    values: saidAt(middle, group, (pair) => style.calledPair(pair)),
  }));
  return readings(`η = ${middle}`, said);
}

function byLayer({ rows, looks, style }: Shown): Figure | undefined {
  const middle = middleEnergy(rows);
  const chosen = rows.filter(({ energy, overlap }) => energy === middle && overlap !== null);
  if (middle === undefined || chosen.length === 0) return undefined;
  const models = groupBy(chosen, ({ metric, model }) => JSON.stringify([metric, model]));
  const panels = [...models.values()].map((group): Panel => {
    const layers = group.map(({ layer }) => layer);
    const window = group.filter(({ in_window }) => in_window === 1).map(({ layer }) => layer);
    const last = layers.reduce((a, b) => Math.max(a, b));
    return {
      kind: 'lines',
      title: `Model ${modelOf(group[0]!, rows, style)}`,
      x: { of: 'layer', label: 'layer (0: embeddings)', domain: [0, Math.max(1, last)], whole: true },
      y: overlapAxis,
      ...(window.length > 0 ? { shade: shadeOf(window, last) } : {}),
      series: [...groupBy(group, ({ pair }) => pair)].map(([pair, ofPair]) => {
        const sorted = [...ofPair].sort((a, b) => a.layer - b.layer);
        return {
          look: looks.get(pair)!,
          points: sorted.map(({ layer, overlap, baseline, k_a, k_b, d, training }) => ({
            x: layer,
            y: overlap!,
            ...trainingBar(training),
            title: `${style.calledPair(pair)}, layer ${layer}: ${ratioText(overlap)}${spreadText(training, ratioText)}, by chance ${ratioText(baseline)} (ranks ${rankText(k_a)} and ${rankText(k_b)} of ${d})`,
          })),
          baseline: sorted.flatMap(({ layer, baseline }) => (baseline === null ? [] : [{ x: layer, y: baseline }])),
        };
      }),
    };
  });
  return {
    name: 'activations-by-layer',
    title: `How far sets of prompts activate the same directions, by layer, at η = ${middle}`,
    legend: [...looks].map(([pair, look]) => ({ name: style.calledPair(pair), look })),
    dashed: chanceText,
    panels,
    caption: html`<p>The shade marks the window of layers that means over layers are taken over. Dashed: by chance.
    ${trainingNote(chosen.map(({ training }) => training))}</p>`,
  };
}

/** Half a layer beyond the window's ends, within the axis. */
function shadeOf(window: readonly number[], last: number): [number, number] {
  const [low, high] = [window.reduce((a, b) => Math.min(a, b)), window.reduce((a, b) => Math.max(a, b))];
  return [Math.max(0, low - 0.5), Math.min(Math.max(1, last), high + 0.5)];
}

/** The metric is told only where there are several. */
function modelOf(
  { metric, model }: { readonly metric: string; readonly model: string },
  all: readonly { readonly metric: string }[],
  style: SeriesStyle,
): string {
  const called = style.called(model);
  return all.every((other) => other.metric === metric) ? called : `${called}, ${style.calledMetric(metric)}`;
}

function table({ curves, style }: Shown): Html | undefined {
  if (curves.length === 0) return undefined;
  const energies = energiesOf(curves);
  const body = curves.map(({ metric, model, pair, points }, index) => {
    const before = curves[index - 1];
    const same = before?.model === model && before.metric === metric;
    return html`<tr class="${same ? '' : 'group'}"><th scope="row">${modelOf({ metric, model }, curves, style)}</th>
      <td class="text">${style.calledPair(pair)}</td><td>${unitsOf(points)}</td>${overlapCells(points, energies)}</tr>`;
  });
  return tableBlock(
    'Overlap of activations, mean over the layers of the window',
    headOverValues(['model', 'pair', 'layers'], 'energy η', energies),
    body,
    html`Below each mean: what two random subspaces of the same sizes give. ${trainingNote(spreadsOf(curves))} Every layer, in full precision:
    <a href="activations.csv">activations.csv</a>.`,
  );
}

function curvesCsv(curves: readonly PromptsCurve[]): string {
  const rows = curves.flatMap(({ metric, model, pair, points }) =>
    points.map((point) => ({ metric, model, pair, layers: point.overlap.n, ...curveCells(point) })),
  );
  const columns = ['metric', 'model', 'pair', 'energy', 'layers', 'mean', 'min', 'max', 'baseline'] as const;
  return writeCsv([...columns, ...spreadColumns(spreadsOf(curves))], rows);
}
