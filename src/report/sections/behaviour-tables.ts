import {
  alongUpdates,
  type BehaviourCurve,
  type Evaluation,
  overSeeds,
  scoresOf,
  spreadOf,
  trainingOf,
} from '../evaluation.js';
import { type Html, html } from '../html.js';
import { headOverValues, numberCell, plainHead, tableBlock } from '../html-table.js';
import type { ReportInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { sweepAxes } from '../sweep-axis.js';
import { type EvaluationRow, scoreOfGroup } from '../tables/evaluation.js';
import { type Averaged, itemsNote, spreadText, trainingNote } from '../training-seeds.js';
import { projectionName, rangeText, ratioText } from '../wording.js';
import { behaviourSamples } from './behaviour-samples.js';

/** A table a metric: whole models first, then every projection. Tables of its named scores and of its groups follow. */
export function behaviourTables(evaluation: Evaluation, input: ReportInput): (Html | undefined)[] {
  const style = new SeriesStyle(input.params.style);
  return evaluation.metrics.flatMap((metric) => {
    const { groups } = evaluation.parts.get(metric)!;
    const [own, ...named] = scoresOf(metric, evaluation, style);
    return [
      ...tablesOf(own.called, metric, evaluation, input),
      behaviourSamples(metric, input),
      ...named.flatMap((score) => tablesOf(score.called, score.metric, evaluation, input)),
      groups.length > 0 && groupTable(metric, groups, evaluation, input),
    ].filter((part) => part !== false);
  });
}

/** Groups of items of the whole models, side by side; those of projections stand in the file only. */
function groupTable(
  metric: string,
  groups: readonly string[],
  { models }: Evaluation,
  input: ReportInput,
): Html | undefined {
  const style = new SeriesStyle(input.params.style);
  const whole = alongUpdates(models.get(metric) ?? [], input).map(({ model }) => model);
  if (whole.length === 0) return undefined;
  const rows = groups.map((group) => {
    const measured = models.get(scoreOfGroup(metric, group)) ?? [];
    const cells = whole.map((name) => {
      const row = measured.find(({ model }) => model === name);
      const spread = row && spreadOf([row]);
      const mean = `${ratioText(row?.value)}${spreadText(row?.training, ratioText)}`;
      return numberCell(mean, spread && rangeText(spread.low, spread.high));
    });
    return html`<tr><th scope="row">${group}</th><td>${(measured[0]?.n ?? 0).toLocaleString('en')}</td>${cells}</tr>`;
  });
  return tableBlock(
    `${style.calledMetric(metric)} by group`,
    plainHead([{ text: 'group' }, 'items', ...whole.map((model) => style.called(model))]),
    rows,
    html`Mean over the items of a group, below it the 95 % interval. Groups of projected updates:
    <a href="evaluation.csv">evaluation.csv</a>.`,
  );
}

/** One for each axis that projections were measured along; one of whole models alone where there is none. */
function tablesOf(title: string, metric: string, evaluation: Evaluation, input: ReportInput): Html[] {
  const own = evaluation.curves.filter((curve) => curve.metric === metric);
  const tables = sweepAxes.flatMap((axis) => {
    const along = own.filter((curve) => curve.axis === axis);
    const name = `${title}${axis.suffix}`;
    return along.length > 0 ? [metricTable(name, metric, along, axis.columns, evaluation, input)] : [];
  });
  return tables.length > 0 ? tables : [metricTable(title, metric, [], '', evaluation, input)];
}

function metricTable(
  title: string,
  metric: string,
  own: readonly BehaviourCurve[],
  over: string,
  { models, curves }: Evaluation,
  input: ReportInput,
): Html {
  const places = [...new Set(own.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
  const style = new SeriesStyle(input.params.style);
  const wholeModels = alongUpdates(models.get(metric) ?? [], input).map((row) => modelRow(row, places.length, style));
  const projections = own.map((curve, index) => {
    const before = own[index - 1];
    const same = before?.update === curve.update && before.mode === curve.mode && before.side === curve.side;
    return projectionRow(curve, !same, places, { curves, style });
  });
  const spreads = [
    ...(models.get(metric) ?? []).map(({ training }) => training),
    ...own.flatMap(({ points }) => points.map(({ seeds }) => trainingOf(seeds))),
  ];
  const items = input.params.linked.filter((file) => file === `items/${metric}.jsonl`);
  const head =
    places.length > 0
      ? headOverValues(['model or update', 'projection', 'subspace', 'seeds', 'invalid', 'whole model'], over, places)
      : plainHead([{ text: 'model' }, 'invalid', { text: 'value' }]);
  return tableBlock(
    title,
    head,
    [...wholeModels, ...projections],
    html`Mean over the seeds, below it the span of their 95 % intervals over the items; of a loss, which has no such interval,
    the lowest and highest seed. ${itemsNote(spreads)} ${trainingNote(spreads)}
    Invalid: items without a verdict, of all items; they are in no mean.
    ${items.map((file) => html`Every item with its response: <a href="${encodeURI(file)}">${file}</a>.`)}
    In full precision: <a href="evaluation.csv">evaluation.csv</a>.`,
  );
}

/** @param places how many columns of projections there are beside it */
function modelRow(row: Averaged<EvaluationRow>, places: number, style: SeriesStyle): Html {
  const value = html`${ratioText(row.value)}${spreadText(row.training, ratioText)}${intervalText([row])}`;
  const invalid = invalidText([row]);
  if (places === 0) {
    return html`<tr><th scope="row">${style.called(row.model)}</th><td>${invalid}</td><td class="text whole">${value}</td></tr>`;
  }
  return html`<tr><th scope="row">${style.called(row.model)}</th><td colspan="3"></td>
    <td>${invalid}</td><td class="text whole">${value}</td><td colspan="${places}"></td></tr>`;
}

function projectionRow(
  curve: BehaviourCurve,
  startsGroup: boolean,
  places: readonly number[],
  { curves, style }: { readonly curves: readonly BehaviourCurve[]; readonly style: SeriesStyle },
): Html {
  const { update, subspace, points } = curve;
  const cells = places.map((at) => {
    const seeds = points.find((point) => point.at === at)?.seeds ?? [];
    const spread = spreadOf(seeds);
    const mean = `${ratioText(overSeeds(seeds)?.mean)}${spreadText(trainingOf(seeds), ratioText)}`;
    return numberCell(mean, spread && rangeText(spread.low, spread.high));
  });
  const seeds = new Set(points.flatMap((point) => point.seeds.map(({ seed }) => seed))).size;
  return html`<tr class="${startsGroup ? 'group' : ''}"><th scope="row">${style.called(update)}</th>
    <td class="text">${projectionName(curve, curves)}</td><td class="text">${style.called(subspace)}</td><td>${seeds}</td>
    <td>${invalidText(points.flatMap((point) => point.seeds))}</td><td></td>${cells}</tr>`;
}

function intervalText(seeds: readonly EvaluationRow[]): Html | undefined {
  const spread = spreadOf(seeds);
  return spread && html` <small>${rangeText(spread.low, spread.high)}</small>`;
}

function invalidText(rows: readonly EvaluationRow[]): string {
  const sum = (count: (row: EvaluationRow) => number | null) => rows.reduce((all, row) => all + (count(row) ?? 0), 0);
  const invalid = sum((row) => row.invalid);
  return `${invalid.toLocaleString('en')} of ${(invalid + sum(({ n }) => n)).toLocaleString('en')}`;
}
