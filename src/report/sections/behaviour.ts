import { type BehaviourCurve, boundsOf, type Evaluation, modelsBeside, overSeeds, readEvaluation, spreadOf, trainingOf } from '../evaluation.js'; // biome-ignore format: one line
import { axisDomain } from '../figures/axis-domain.js';
import { download, readings } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import type { Level } from '../figures/level-labels.js';
import type { LinePanel, LinePoint } from '../figures/line.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { SeriesLook } from '../figures/palette.js';
import { type Html, html } from '../html.js';
import { behaviourTables as paperTables } from '../paper-tables/behaviour.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, summarize } from '../statistics.js';
import { type SweepAxis, sweepAxes } from '../sweep-axis.js';
import { writeCsv } from '../tables/csv.js';
import { type EnergyRow, energyColumns } from '../tables/energy.js';
import type { EvaluationRow } from '../tables/evaluation.js';
import { readResult } from '../tables/result-rows.js';
import {
  itemsNote,
  spreadCells,
  spreadColumns,
  spreadText,
  type TrainingSpread,
  trainingBar,
  trainingNote,
} from '../training-seeds.js';
import { projectionName, ratioText } from '../wording.js';
import { behaviourTables } from './behaviour-tables.js';
import { timesFigure, timesTables } from './behaviour-times.js';

export const behaviourSection: Section = {
  heading: 'Behaviour of models',
  needs: 'evaluation.csv',
  figures: (input) => figuresOf(readEvaluation(input.files), input),
  tables: (input) => paperTables(readEvaluation(input.files), input),
  async render(input, show) {
    const evaluation = readEvaluation(input.files);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(evaluation, input), input))}
      ${show.table && behaviourTables(evaluation, input)}
      ${show.table && timesTables(evaluation, input)}`;
  },
};

function figuresOf(evaluation: Evaluation, input: FigureInput): Figure[] {
  const times = timesFigure(evaluation, input);
  return [...sweepFigures(evaluation, input), ...(times === undefined ? [] : [times])];
}

/** One set of axes: a metric of an update under a projection, with a line a subspace. */
interface Panel {
  readonly metric: string;
  readonly update: string;
  readonly title: string;
  readonly axis: SweepAxis;
  readonly curves: readonly BehaviourCurve[];
  /** Whole models beside the update, by what they are called. */
  readonly levels: readonly (Level & { readonly model: string })[];
  readonly domain: readonly [number, number];
}

/** What every figure of projections is made of. */
interface Shown {
  readonly panels: readonly Panel[];
  readonly looks: ReadonlyMap<string, SeriesLook>;
  readonly style: SeriesStyle;
}

function sweepFigures(evaluation: Evaluation, input: FigureInput): Figure[] {
  const style = new SeriesStyle(input.params.style);
  const panels = panelsOf(evaluation, input, style);
  if (panels.length === 0) return [];
  const looks = style.looksFor(panels.flatMap(({ curves }) => curves.map(({ subspace }) => subspace)));
  const byExtents = sweepAxes.flatMap((axis) => {
    const along = panels.filter((panel) => panel.axis === axis);
    return along.length > 0 ? [byExtent(axis, { panels: along, looks, style })] : [];
  });
  const energy = byEnergy({ panels, looks, style }, input);
  return [...byExtents, ...(energy === undefined ? [] : [energy])];
}

function panelsOf(evaluation: Evaluation, input: FigureInput, style: SeriesStyle): Panel[] {
  const { curves, models } = evaluation;
  const metrics = style.sorted(evaluation.metrics, (metric) => metric);
  return metrics.flatMap((metric) => {
    const measured = style.sorted(
      curves.filter((curve) => curve.metric === metric && curve.points.some(({ seeds }) => overSeeds(seeds))),
      ({ update }) => update,
      ({ subspace }) => subspace,
    );
    const whole = models.get(metric) ?? [];
    const levelsOf = (update: string): Panel['levels'] =>
      modelsBeside(update, input).flatMap((model) => {
        const value = whole.find((row) => row.model === model)?.value ?? null;
        return value === null ? [] : [{ model, name: style.called(model), y: value }];
      });
    // One scale a metric, so that panels can be compared.
    const shown = measured.flatMap(({ points, update }) => [
      ...points.flatMap(({ seeds }) => {
        const { low, high } = spreadOf(seeds) ?? {};
        const { bar } = trainingBar(trainingOf(seeds));
        return [overSeeds(seeds)?.mean, low, high, bar?.from, bar?.to].filter((value) => value !== undefined);
      }),
      ...levelsOf(update).map(({ y }) => y),
    ]);
    const domain = axisDomain(shown, boundsOf(metric, evaluation));
    const groups = groupBy(measured, ({ update, mode, side, axis }) => JSON.stringify([update, mode, side, axis.by]));
    return [...groups.values()].map((group): Panel => {
      const { update, axis } = group[0]!;
      const projection = `${projectionName(group[0]!, curves)}${axis.suffix}`;
      const title = `${style.calledMetric(metric)}: update ${style.called(update)}, ${projection}`;
      return { metric, update, title, axis, curves: group, levels: levelsOf(update), domain };
    });
  });
}

function byExtent(axis: SweepAxis, { panels, looks, style }: Shown): Figure {
  const places = panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(({ at }) => at)));
  return {
    name: axis.by === 'rank' ? 'behaviour-by-rank' : 'behaviour',
    title: `Behaviour against the ${axis.by === 'rank' ? 'number' : 'fraction'} of directions`,
    legend: legendOf(looks, style),
    dashed: 'whole models, named on the right: before the update, with all of it, and what came before them',
    panels: panels.map(({ title, metric, curves, levels, domain }) => ({
      kind: 'lines',
      title,
      x: { of: axis.by, label: axis.label, domain: axis.domain(places), scale: axis.scale },
      y: { of: { metric }, label: style.calledMetric(metric), domain },
      levels,
      series: curves.map((curve) => ({ look: looks.get(curve.subspace)!, points: pointsOf(curve, style) })),
    })),
    caption: html`
      <p>Each point is the model that an update’s start becomes with the <b>projected update</b>: the update’s part inside
      the subspace where the projection is parallel, the part outside it where it is orthogonal, the part inside it with
      its sign turned where it is opposite.</p>
      <p><b>How to read it.</b> Where a line meets a dashed one, the projected update leaves the model, by this metric, where
      that whole model is. Bands span the 95 % intervals over the items of the metric, from the lowest end of any
      seed to the highest; of a loss, which has no such interval, the lowest and highest seed. ${itemsNote(spreadsOf(panels))}
      ${trainingNote(spreadsOf(panels))}</p>
      ${reading(axis, places, panels, style)}
      <p class="downloads">Data: ${download(curvesCsv(panels), 'behaviour-curves.csv', 'the curves')},
      <a href="evaluation.csv">evaluation.csv</a>.</p>`,
  };
}

function spreadsOf(panels: readonly Panel[]): (TrainingSpread | undefined)[] {
  return panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(({ seeds }) => trainingOf(seeds))));
}

function legendOf(looks: Shown['looks'], style: SeriesStyle): Figure['legend'] & {} {
  return [...looks].map(([name, look]) => ({ name: style.called(name), look }));
}

function pointsOf({ subspace, axis, points }: BehaviourCurve, style: SeriesStyle): LinePoint[] {
  return points.flatMap(({ at, seeds }) => {
    const value = overSeeds(seeds);
    if (value === undefined) return [];
    const spread = spreadOf(seeds);
    const about = spread === undefined ? '' : ` (${ratioText(spread.low)} to ${ratioText(spread.high)})`;
    const training = trainingOf(seeds);
    const mean = `${ratioText(value.mean)}${spreadText(training, ratioText)}`;
    const title = `${style.called(subspace)}, ${axis.symbol} = ${at}: ${mean}${about}`;
    return [{ x: at, y: value.mean, ...spread, ...trainingBar(training), title }];
  });
}

/** What the numbers say in the middle of the axis, without judging it. */
function reading(
  axis: SweepAxis,
  places: readonly number[],
  panels: readonly Panel[],
  style: SeriesStyle,
): Html | undefined {
  const middle = axis.middle(places);
  if (middle === undefined) return undefined;
  const said = panels.map(({ title, curves, levels }) => {
    const values = curves.flatMap(({ subspace, points }) => {
      const value = overSeeds(points.find(({ at }) => at === middle)?.seeds ?? []);
      return value === undefined ? [] : [`${style.called(subspace)} ${ratioText(value.mean)}`];
    });
    const beside = levels.map(({ name, y }) => `${name} ${ratioText(y)}`);
    if (values.length > 0 && beside.length > 0) values.push(`beside ${beside.join(', ')}`);
    return { title, values };
  });
  return readings(`${axis.symbol} = ${middle}`, said);
}

/** The same values against the energy of the update that the projection keeps, where energy was measured. */
function byEnergy({ panels, looks, style }: Shown, { files, params }: FigureInput): Figure | undefined {
  if (!files.has('energy.csv')) return undefined;
  const energies = new Map(
    readResult(files, 'energy.csv', energyColumns).map((row) => [projectionKey(row), row.energy_kept]),
  );
  const drawn = panels.flatMap(({ title, metric, update, curves, levels, domain }) => {
    const series = curves.map((curve) => ({
      look: looks.get(curve.subspace)!,
      points: pointsByEnergy(curve, energies, style),
    }));
    if (series.every(({ points }) => points.length === 0)) return [];
    const ends = params.updates.find(({ name }) => name === update);
    const levelOf = (name: string | undefined) => levels.find(({ model }) => model === name);
    const [before, after] = [levelOf(ends?.from), levelOf(ends?.to)];
    const panel: LinePanel = {
      title,
      x: { of: 'energy', label: 'energy kept (share of ‖Δ‖²)', domain: [0, 1] },
      y: { of: { metric }, label: style.calledMetric(metric), domain },
      levels,
      ...(before && after && curves[0]!.mode !== 'opposite' ? { guide: [{ x: 0, y: before.y }, { x: 1, y: after.y }] } : {}), // biome-ignore format: two ends
      series,
    };
    return [{ kind: 'lines', ...panel } as const];
  });
  if (drawn.length === 0) return undefined;
  return {
    name: 'behaviour-by-energy',
    title: 'Behaviour against energy kept',
    legend: legendOf(looks, style),
    dashed: 'slanting: straight from the model without the update to the model with all of it; level: whole models',
    panels: drawn,
    caption: html`<p><b>How to read it.</b> Points one above the other keep the same energy of the update. Each stands at the
    means of its seeds.</p>`,
  };
}

function pointsByEnergy(
  { subspace, axis, points }: BehaviourCurve,
  energies: ReadonlyMap<string, number | null>,
  style: SeriesStyle,
): LinePoint[] {
  const placed = points.flatMap(({ at, seeds }) => {
    const both = seeds.flatMap((seed) => {
      // Scores may depend on a seed, by their data say, that the update and so its energy do not depend on.
      const energy = energies.get(projectionKey(seed)) ?? energies.get(projectionKey(seed, null)) ?? null;
      return seed.value === null || energy === null ? [] : [{ energy, value: seed.value }];
    });
    if (both.length === 0) return [];
    const x = summarize(both.map(({ energy }) => energy)).mean;
    const y = summarize(both.map(({ value }) => value)).mean;
    return [
      { x, y, title: `${style.called(subspace)}, ${axis.symbol} = ${at}: ${ratioText(y)} at energy ${ratioText(x)}` },
    ];
  });
  return placed.sort((a, b) => a.x - b.x);
}

/** What a row of energy.csv and one of evaluation.csv have in common. */
function projectionKey(row: EnergyRow | EvaluationRow, trainingSeed = row.training_seed ?? null): string {
  const { update, subspace, seed, mode, side, fraction, rank } = row;
  return JSON.stringify([update, subspace, seed, mode, side, fraction, rank, trainingSeed]);
}

function curvesCsv(panels: readonly Panel[]): string {
  const rows = panels.flatMap(({ curves }) =>
    curves.flatMap(({ metric, update, subspace, mode, side, points }) =>
      points.map(({ seeds }) => {
        const { n = 0, mean = null } = overSeeds(seeds) ?? {};
        const { low = null, high = null } = spreadOf(seeds) ?? {};
        const { fraction, rank } = seeds[0]!;
        const of = { metric, update, subspace, mode, side, fraction, rank };
        return { ...of, seeds: n, mean, low, high, ...spreadCells(trainingOf(seeds)) };
      }),
    ),
  );
  const series = ['metric', 'update', 'subspace', 'mode', 'side', 'fraction', 'seeds'] as const;
  return writeCsv([...series, 'mean', 'low', 'high', 'rank', ...spreadColumns(spreadsOf(panels))], rows);
}
