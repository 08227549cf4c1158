import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
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
import type { FigureInput, Section, ShownParams } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy } from '../statistics.js';
import { writeCsv } from '../tables/csv.js';
import { type OverlapRow, overlapColumns } from '../tables/overlap.js';
import { readResult } from '../tables/result-rows.js';
import { averagedOverSeeds, rankText, spreadColumns, trainingNote } from '../training-seeds.js';
import { ratioText, significantText } from '../wording.js';

export const overlapSection: Section = {
  heading: 'Overlap of update subspaces',
  needs: 'overlap.csv',
  figures: (input) => figuresOf(read(input), input),
  tables(input) {
    const { curves, style } = read(input);
    const subject = 'Mode subspace overlap';
    return overlapTables({ name: 'overlap', subject, units: 'tensors', labels: ['pair'] }, curves, ({ pair }) => [
      style.calledPair(pair),
    ]);
  },
  async render(input, show) {
    const shown = read(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(shown, input), input))}
      ${show.table && table(shown)}`;
  },
};

interface Shown {
  readonly rows: readonly OverlapRow[];
  /** Over the tensors that both updates change; a tensor that one leaves alone has no overlap. */
  readonly curves: readonly PairCurve[];
  readonly style: SeriesStyle;
}

function read({ files, params }: FigureInput): Shown {
  const rows = readResult(files, 'overlap.csv', overlapColumns);
  const style = new SeriesStyle(params.style);
  const curves = [...groupBy(rows, ({ pair }) => pair)].map(([pair, group]) => ({
    pair,
    points: overlapPoints(group),
  }));
  const measured = curves.filter(({ points }) => points.length > 0);
  return { rows: averagedOverSeeds(rows, overlapMeasures), curves: style.sorted(measured, ({ pair }) => pair), style };
}

function figuresOf({ rows, curves, style }: Shown, { params }: FigureInput): Figure[] {
  const subspaces = subspacesOf(curves, params).map((name) => style.called(name));
  return [figure(curves, subspaces, style), layers(rows, curves, style)].filter((one) => one !== undefined);
}

function figure(curves: readonly PairCurve[], subspaces: readonly string[], style: SeriesStyle): Figure | undefined {
  if (curves.length === 0) return undefined;
  const looks = style.looksFor(curves.map(({ pair }) => pair));
  const axes = { x: energyAxis, y: overlapAxis };
  const lines = curves.map(({ pair, points }) => ({
    look: looks.get(pair)!,
    ...lineOf(style.calledPair(pair), points),
  }));
  const panels: Panel[] = [{ kind: 'lines', title: 'All pairs, mean over tensors', ...axes, series: lines }];
  for (const [index, { pair, points }] of curves.entries()) {
    const line = lines[index]!;
    const spread = points.map(({ overlap }, at) => ({ ...line.points[at]!, low: overlap.q1, high: overlap.q3 }));
    panels.push({
      kind: 'lines',
      title: `${style.calledPair(pair)}, middle half of tensors`,
      ...axes,
      series: [{ ...line, points: spread }],
    });
  }
  return {
    name: 'overlap',
    title: 'How far pairs of updates share their main directions',
    legend: [...looks].map(([pair, look]) => ({ name: style.calledPair(pair), look })),
    dashed: chanceText,
    panels,
    caption: html`
      <p><b>Mode subspace overlap</b> of updates A and B at energy η is ‖U<sub>A</sub>ᵀ U<sub>B</sub>‖²<sub>F</sub> /
      min(k<sub>A</sub>, k<sub>B</sub>), where U holds the first k left singular vectors of a tensor’s update and k is the
      smallest number of them with η of the squared singular values. 0: orthogonal; 1: one subspace lies in the other.
      By chance it is max(k<sub>A</sub>, k<sub>B</sub>) / d on average, d = the length of the vectors.${
        subspaces.length > 0 &&
        html` Of the pairs ${subspaces.join(', ')} ${subspaces.length === 1 ? 'is a subspace: it counts' : 'are subspaces: they count'}
        with all directions at every η, in the tensors and on the sides of their definition, where right singular vectors
        of an update take the place of left ones.`
      }</p>
      <p><b>How to read it.</b> What counts is the distance between a line and the dashed line of its colour: both reach 1
      where the subspaces fill the space. ${reading(curves, style)} Bands hold the middle half of the tensors. ${trainingNote(spreadsOf(curves))}</p>
      <p class="downloads">Data: ${download(curvesCsv(curves), 'overlap-curves.csv', 'the curves')},
      <a href="overlap.csv">overlap.csv</a>.</p>`,
  };
}

/** Names in the pairs that are not of updates. */
function subspacesOf(curves: readonly PairCurve[], { updates }: ShownParams): string[] {
  const known = new Set(updates.map(({ name }) => name));
  return [...new Set(curves.flatMap(({ pair }) => pair.split(':')))].filter((name) => !known.has(name));
}

/** What the means say at the energy nearest one half, without judging it. */
function reading(curves: readonly PairCurve[], style: SeriesStyle): Html | undefined {
  const middle = middleOf(curves);
  const said = saidAt(middle, curves, (pair) => style.calledPair(pair));
  return said.length > 0 ? html`At η = ${middle}: ${said.join(', ')}.` : undefined;
}

function middleOf(curves: readonly PairCurve[]): number | undefined {
  return middleEnergy(curves.flatMap(({ points }) => points));
}

/** Overlap by tensor, as a multiple of chance, at the middle energy. */
function layers(rows: readonly OverlapRow[], curves: readonly PairCurve[], style: SeriesStyle): Figure | undefined {
  const middle = middleOf(curves);
  const chosen = rows.filter(({ energy, d }) => energy === middle && d !== 1);
  if (middle === undefined || !chosen.some(({ overlap }) => overlap !== null)) return undefined;
  const above = ({ overlap, baseline }: OverlapRow) => (overlap === null ? null : Math.max(0, overlap - baseline!));
  const max = chosen.reduce((largest, row) => Math.max(largest, above(row) ?? 0), 0) || 1;
  const groups = style.sorted([...groupBy(chosen, (row) => row.pair)], ([pair]) => pair);
  const panels = groups.map(([pair, group]): Panel => {
    const values = group.map((row) => ({
      tensor: row.tensor,
      value: above(row),
      title:
        row.overlap === null
          ? `${row.tensor}\nnot changed by both updates`
          : `${row.tensor}\nranks ${rankText(row.k_a)} and ${rankText(row.k_b)} of ${row.d}\noverlap ${ratioText(row.overlap)}, by chance ${ratioText(row.baseline)}`,
    }));
    return { kind: 'layers', title: style.calledPair(pair), values, max };
  });
  return {
    name: 'overlap-by-tensor',
    title: 'Where in the model they overlap more than by chance',
    heat: { label: `overlap above chance at η = ${middle}`, max: significantText(max) },
    panels,
    caption: html`<p>One cell a tensor: layers across, parts of a layer down, tensors outside the layers in the column “–”.
    Rest the pointer on a cell for its numbers. A frame without colour: not above chance, or not changed by both updates.</p>`,
  };
}

function table({ curves, rows, style }: Shown): Html {
  const energies = energiesOf(curves);
  const body = curves.map(
    ({ pair, points }) =>
      html`<tr class="group"><th scope="row">${style.calledPair(pair)}</th><td>${unitsOf(points)}</td>${overlapCells(points, energies)}</tr>`,
  );
  const unchanged = new Set(rows.filter(({ overlap }) => overlap === null).map(({ tensor }) => tensor)).size;
  return tableBlock(
    'Overlap, mean over tensors',
    headOverValues(['pair', 'tensors'], 'energy η', energies),
    body,
    html`Below each mean: what two random subspaces of the same sizes give. ${trainingNote(spreadsOf(curves))}
    ${unchanged > 0 && html`${unchanged} ${unchanged === 1 ? 'tensor' : 'tensors'} that an update leaves unchanged ${unchanged === 1 ? 'has' : 'have'} no overlap and no part in the means.`}
    Every tensor, in full precision: <a href="overlap.csv">overlap.csv</a>.`,
  );
}

function curvesCsv(curves: readonly PairCurve[]): string {
  const rows = curves.flatMap(({ pair, points }) => points.map((point) => ({ pair, ...curveCells(point) })));
  const columns = ['pair', 'energy', 'n', 'mean', 'q1', 'q3', 'min', 'max', 'baseline'] as const;
  return writeCsv([...columns, ...spreadColumns(spreadsOf(curves))], rows);
}
