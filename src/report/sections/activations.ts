import { download, readings } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { SeriesLook } from '../figures/palette.js';
import type { Panel } from '../figures/panel.js';
import { type Html, html } from '../html.js';
import { headOverValues, numberCell, tableBlock } from '../html-table.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, nearestTo, type Summary, summarize } from '../statistics.js';
import { type ActivationRow, activationColumns } from '../tables/activations.js';
import { readTable, writeCsv } from '../tables/csv.js';
import {
  type Averaged,
  averagedOverSeeds,
  overTrainingSeeds,
  rankText,
  spreadCells,
  spreadColumns,
  spreadText,
  type TrainingSpread,
  trainingBar,
  trainingNote,
} from '../training-seeds.js';
import { ratioText } from '../wording.js';

/** A pair of sets of prompts in one model: over the layers of the window, at each energy. */
interface PairCurve {
  readonly metric: string;
  readonly model: string;
  readonly pair: string;
  readonly points: readonly {
    readonly energy: number;
    /** Over layers, of means over training seeds. */
    readonly overlap: Summary;
    readonly baseline: number;
    /** Spread of the mean over layers. */
    readonly training: TrainingSpread | undefined;
  }[];
}

const measures = ['overlap', 'baseline', 'k_a', 'k_b'] as const;

export const activationsSection: Section = {
  heading: 'Overlap of activations',
  needs: 'activations.csv',
  figures(input) {
    const shown = read(input);
    return [byEnergy(shown), byLayer(shown)].filter((figure) => figure !== undefined);
  },
  async render(input, show) {
    return html`
      ${show.figure && (await figuresOnPage(activationsSection.figures(input), input))}
      ${show.table && table(read(input))}`;
  },
};

interface Shown {
  readonly rows: readonly Averaged<ActivationRow>[];
  readonly curves: readonly PairCurve[];
  readonly looks: ReadonlyMap<string, SeriesLook>;
  readonly style: SeriesStyle;
}

function read({ files, params }: FigureInput): Shown {
  const style = new SeriesStyle(params.style);
  const rows = style.sorted(
    readTable(files.get('activations.csv')!, activationColumns),
    ({ metric }) => metric,
    ({ model }) => model,
    ({ pair }) => pair,
  );
  return {
    rows: averagedOverSeeds(rows, measures),
    curves: curvesOf(rows),
    looks: style.looksFor(rows.map(({ pair }) => pair)),
    style,
  };
}

function curvesOf(rows: readonly ActivationRow[]): PairCurve[] {
  const measured = rows.filter(
    ({ in_window, overlap, baseline }) => in_window === 1 && overlap !== null && baseline !== null,
  );
  return [...groupBy(measured, ({ metric, model, pair }) => JSON.stringify([metric, model, pair])).values()].map(
    (group) => {
      const { metric, model, pair } = group[0]!;
      const points = [...groupBy(group, ({ energy }) => String(energy)).values()].map((ofSeeds) => {
        const layers = averagedOverSeeds(ofSeeds, measures);
        return {
          energy: layers[0]!.energy,
          overlap: summarize(layers.map(({ overlap }) => overlap!)),
          baseline: summarize(layers.map(({ baseline }) => baseline!)).mean,
          training: overTrainingSeeds(ofSeeds, (ofSeed) => summarize(ofSeed.map(({ overlap }) => overlap!)).mean),
        };
      });
      return { metric, model, pair, points: points.sort((a, b) => a.energy - b.energy) };
    },
  );
}

function spreadsOf(curves: readonly PairCurve[]): (TrainingSpread | undefined)[] {
  return curves.flatMap(({ points }) => points.map(({ training }) => training));
}

const axis = { of: 'overlap', label: 'mode subspace overlap', domain: [0, 1] } as const;

function byEnergy({ curves, looks, style }: Shown): Figure | undefined {
  if (curves.length === 0) return undefined;
  const models = groupBy(curves, ({ metric, model }) => JSON.stringify([metric, model]));
  const panels = [...models.values()].map(
    (group): Panel => ({
      kind: 'lines',
      title: `Model ${modelOf(group[0]!, curves, style)}`,
      x: { of: 'eta', label: 'energy η that the subspaces hold', domain: [0, 1] },
      y: axis,
      series: group.map(({ pair, points }) => ({
        look: looks.get(pair)!,
        points: points.map(({ energy, overlap, baseline, training }) => ({
          x: energy,
          y: overlap.mean,
          ...trainingBar(training),
          ...(overlap.n > 1 ? { low: overlap.min, high: overlap.max } : {}),
          title: `${style.calledPair(pair)}, η = ${energy}: ${ratioText(overlap.mean)}${spreadText(training, ratioText)}, by chance ${ratioText(baseline)}`,
        })),
        baseline: points.map(({ energy, baseline }) => ({ x: energy, y: baseline })),
      })),
    }),
  );
  return {
    name: 'activations',
    title: 'How far sets of prompts activate the same directions',
    legend: [...looks].map(([pair, look]) => ({ name: style.calledPair(pair), look })),
    dashed: 'two independent random subspaces of the same sizes',
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
function reading(curves: readonly PairCurve[], style: SeriesStyle): Html | undefined {
  const middle = middleEnergy(curves.flatMap(({ points }) => points));
  const models = groupBy(curves, ({ metric, model }) => JSON.stringify([metric, model]));
  const said = [...models.values()].map((group) => {
    const values = group.flatMap(({ pair, points }) => {
      const point = points.find(({ energy }) => energy === middle);
      return point
        ? [`${style.calledPair(pair)} ${ratioText(point.overlap.mean)} (by chance ${ratioText(point.baseline)})`]
        : [];
    });
    return { title: `Model ${modelOf(group[0]!, curves, style)}`, values };
  });
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
      y: axis,
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
    dashed: 'two independent random subspaces of the same sizes',
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

function middleEnergy(points: readonly { readonly energy: number }[]): number | undefined {
  return nearestTo(
    0.5,
    points.map(({ energy }) => energy),
  );
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
  const energies = [...new Set(curves.flatMap(({ points }) => points.map(({ energy }) => energy)))].sort(
    (a, b) => a - b,
  );
  const body = curves.map(({ metric, model, pair, points }, index) => {
    const before = curves[index - 1];
    const cells = energies.map((energy) => {
      const point = points.find((candidate) => candidate.energy === energy);
      const mean = `${ratioText(point?.overlap.mean)}${spreadText(point?.training, ratioText)}`;
      return numberCell(mean, point && ratioText(point.baseline));
    });
    const layers = points.reduce((most, { overlap }) => Math.max(most, overlap.n), 0);
    const same = before?.model === model && before.metric === metric;
    return html`<tr class="${same ? '' : 'group'}"><th scope="row">${modelOf({ metric, model }, curves, style)}</th>
      <td class="text">${style.calledPair(pair)}</td><td>${layers}</td>${cells}</tr>`;
  });
  return tableBlock(
    'Overlap of activations, mean over the layers of the window',
    headOverValues(['model', 'pair', 'layers'], 'energy η', energies),
    body,
    html`Below each mean: what two random subspaces of the same sizes give. ${trainingNote(spreadsOf(curves))} Every layer, in full precision:
    <a href="activations.csv">activations.csv</a>.`,
  );
}

function curvesCsv(curves: readonly PairCurve[]): string {
  const rows = curves.flatMap(({ metric, model, pair, points }) =>
    points.map(({ energy, overlap: { n, mean, min, max }, baseline, training }) => ({
      metric,
      model,
      pair,
      energy,
      layers: n,
      mean,
      min,
      max,
      baseline,
      ...spreadCells(training),
    })),
  );
  const columns = ['metric', 'model', 'pair', 'energy', 'layers', 'mean', 'min', 'max', 'baseline'] as const;
  return writeCsv([...columns, ...spreadColumns(spreadsOf(curves))], rows);
}
