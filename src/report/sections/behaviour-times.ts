import { boundsOf, type Evaluation, spreadOf, type VariedModel } from '../evaluation.js';
import { axisDomain } from '../figures/axis-domain.js';
import { readings } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import type { Level } from '../figures/level-labels.js';
import type { LinePoint } from '../figures/line.js';
import { seriesLook } from '../figures/palette.js';
import type { Panel } from '../figures/panel.js';
import { type Html, html } from '../html.js';
import { headOverValues, numberCell, tableBlock } from '../html-table.js';
import { termText } from '../paper-tables/behaviour-times.js';
import type { FigureInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import type { EvaluationRow } from '../tables/evaluation.js';
import {
  type Averaged,
  itemsNote,
  spreadText,
  type TrainingSpread,
  trainingBar,
  trainingNote,
} from '../training-seeds.js';
import { rangeText, ratioText } from '../wording.js';

/** Combined models along the multiples of one of their terms: a panel a metric and model. */
export function timesFigure(evaluation: Evaluation, input: FigureInput): Figure | undefined {
  const style = new SeriesStyle(input.params.style);
  const panels = evaluation.metrics.flatMap((metric) => {
    const curves = evaluation.varied.filter((one) => one.metric === metric && pointsOf(one).length > 0);
    const shown = curves.map((curve) => ({
      curve,
      points: pointsOf(curve),
      levels: levelsOf(curve, evaluation, input),
    }));
    // One scale a metric, so that panels can be compared.
    const values = shown.flatMap(({ points, levels }) => [
      ...points.flatMap(({ y, low = y, high = y, bar }) => [y, low, high, ...(bar ? [bar.from, bar.to] : [])]),
      ...levels.map(({ y }) => y),
    ]);
    return shown.map((one) => ({ ...one, domain: axisDomain(values, boundsOf(metric, evaluation)) }));
  });
  if (panels.length === 0) return undefined;
  const drawn = panels.map(
    ({ curve, points, levels, domain }): Panel => ({
      kind: 'lines',
      title: titleOf(curve, input),
      x: { of: 'times', label: 'times t', domain: axisDomain(points.map(({ x }) => x)) },
      y: { of: { metric: curve.metric }, label: style.calledMetric(curve.metric), domain },
      levels,
      series: [{ look: seriesLook(0), points }],
    }),
  );
  const said = panels.map(({ curve, points, levels }) => ({
    title: titleOf(curve, input),
    values: [
      ...points.map(({ x, y }) => `${ratioText(y)} at ${x}`),
      ...levels.map(({ name, y }) => `${name} ${ratioText(y)}`),
    ],
  }));
  return {
    name: 'behaviour-by-times',
    title: 'Behaviour against the multiple of a term',
    dashed: 'whole models, named on the right: the one that is added to, and both ends of the update',
    panels: drawn,
    caption: html`
      <p>Each point is a combined model in which one term is multiplied by <b>t</b>; at t = 0 it is left out.</p>
      <p><b>How to read it.</b> Where the line meets a dashed one, the model is, by this metric, where that whole model is.
      Bands are the 95 % intervals over the items of the metric; a loss has none. ${itemsNote(spreadsOf(evaluation))}
      ${trainingNote(spreadsOf(evaluation))}</p>
      ${readings('the measured multiples', said)}
      <p class="downloads">Data: <a href="evaluation.csv">evaluation.csv</a>.</p>`,
  };
}

/** The same as a table a metric: a line a model, a column a multiple. */
export function timesTables({ metrics, varied }: Evaluation, input: FigureInput): Html[] {
  const style = new SeriesStyle(input.params.style);
  return metrics.flatMap((metric) => {
    const curves = varied.filter((one) => one.metric === metric);
    if (curves.length === 0) return [];
    const all = curves.flatMap(({ points }) => points.map(({ times }) => times!));
    const places = [...new Set(all)].sort((a, b) => a - b);
    const rows = curves.map((curve) => {
      const cells = places.map((at) => cellOf(curve.points.find(({ times }) => times === at)));
      return html`<tr><th scope="row">${style.called(curve.model)}</th><td class="text">${termText(curve.model, input.params)}</td>${cells}</tr>`;
    });
    return [
      tableBlock(
        `${style.calledMetric(metric)}, by times`,
        headOverValues(['model', 'what it is'], 'times t', places),
        rows,
        html`Below a mean its 95 % interval over the items; a loss has none. ${itemsNote(spreadsOf({ varied: curves }))}
        ${trainingNote(spreadsOf({ varied: curves }))} In full precision:
        <a href="evaluation.csv">evaluation.csv</a>.`,
      ),
    ];
  });
}

function pointsOf({ points }: VariedModel): LinePoint[] {
  return points.flatMap((row) => {
    const { times, value } = row;
    if (value === null) return [];
    const spread = spreadOf([row]);
    const about = spread === undefined ? '' : ` (${rangeText(spread.low, spread.high)})`;
    const mean = `${ratioText(value)}${spreadText(row.training, ratioText)}`;
    return [{ x: times!, y: value, ...spread, ...trainingBar(row.training), title: `t = ${times}: ${mean}${about}` }];
  });
}

function levelsOf({ metric, model }: VariedModel, { models }: Evaluation, { params }: FigureInput): Level[] {
  const style = new SeriesStyle(params.style);
  const beside = params.varied?.find((one) => one.model === model)?.beside ?? [];
  return beside.flatMap((name) => {
    const value = models.get(metric)?.find((row) => row.model === name)?.value ?? null;
    return value === null ? [] : [{ name: style.called(name), y: value }];
  });
}

function titleOf(curve: VariedModel, input: FigureInput): string {
  const style = new SeriesStyle(input.params.style);
  return `${style.calledMetric(curve.metric)}: ${style.called(curve.model)} = ${termText(curve.model, input.params)}`;
}

function spreadsOf({ varied }: Pick<Evaluation, 'varied'>): (TrainingSpread | undefined)[] {
  return varied.flatMap(({ points }) => points.map(({ training }) => training));
}

function cellOf(row: Averaged<EvaluationRow> | undefined): Html {
  const spread = row && spreadOf([row]);
  return numberCell(
    `${ratioText(row?.value)}${spreadText(row?.training, ratioText)}`,
    spread && rangeText(spread.low, spread.high),
  );
}
