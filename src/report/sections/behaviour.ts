import { type BehaviourCurve, boundsOf, type Evaluation, modelsBeside, overSeeds, readEvaluation, spreadOf } from '../evaluation.js'; // biome-ignore format: one line
import { axisDomain } from '../figures/axis-domain.js';
import { download, readings } from '../figures/caption.js';
import type { Level } from '../figures/level-labels.js';
import { dashedNote, type LinePoint, legend, linePanel, looksFor } from '../figures/line.js';
import type { SeriesLook } from '../figures/palette.js';
import { type Html, html } from '../html.js';
import type { ReportInput, Section } from '../section.js';
import { groupBy, summarize } from '../statistics.js';
import { type SweepAxis, sweepAxes } from '../sweep-axis.js';
import { readTable, writeCsv } from '../tables/csv.js';
import { type EnergyRow, energyColumns } from '../tables/energy.js';
import type { EvaluationRow } from '../tables/evaluation.js';
import { projectionName, ratioText } from '../wording.js';
import { behaviourTables } from './behaviour-tables.js';
import { timesFigure, timesTables } from './behaviour-times.js';

export const behaviourSection: Section = {
  heading: 'Behaviour of models',
  needs: 'evaluation.csv',
  async render(input, show) {
    const evaluation = readEvaluation(input.files.get('evaluation.csv')!);
    return html`
      ${show.figure && (await figures(evaluation, input))}
      ${show.figure && (await timesFigure(evaluation, input))}
      ${show.table && behaviourTables(evaluation, input)}
      ${show.table && timesTables(evaluation, input)}`;
  },
};

/** One set of axes: a metric of an update under a projection, with a line a subspace. */
interface Panel {
  readonly metric: string;
  readonly update: string;
  readonly title: string;
  readonly axis: SweepAxis;
  readonly curves: readonly BehaviourCurve[];
  /** Whole models beside the update. */
  readonly levels: readonly Level[];
  readonly domain: readonly [number, number];
}

async function figures(evaluation: Evaluation, input: ReportInput): Promise<Html | undefined> {
  const panels = panelsOf(evaluation, input);
  if (panels.length === 0) return undefined;
  const looks = looksFor(panels.flatMap(({ curves }) => curves.map(({ subspace }) => subspace)));
  const drawn: Html[] = [];
  for (const axis of sweepAxes) {
    const along = panels.filter((panel) => panel.axis === axis);
    if (along.length > 0) drawn.push(await byExtent(axis, along, looks));
  }
  return html`${drawn}${await byEnergy(panels, looks, input)}`;
}

function panelsOf(evaluation: Evaluation, input: ReportInput): Panel[] {
  const { metrics, curves, models } = evaluation;
  return metrics.flatMap((metric) => {
    const measured = curves.filter(
      (curve) => curve.metric === metric && curve.points.some(({ seeds }) => overSeeds(seeds)),
    );
    const whole = models.get(metric) ?? [];
    const levelsOf = (update: string): Level[] =>
      modelsBeside(update, input).flatMap((name) => {
        const value = whole.find(({ model }) => model === name)?.value ?? null;
        return value === null ? [] : [{ name, y: value }];
      });
    // One scale a metric, so that panels can be compared.
    const shown = measured.flatMap(({ points, update }) => [
      ...points.flatMap(({ seeds }) => {
        const { low, high } = spreadOf(seeds) ?? {};
        return [overSeeds(seeds)?.mean, low, high].filter((value) => value !== undefined);
      }),
      ...levelsOf(update).map(({ y }) => y),
    ]);
    const domain = axisDomain(shown, boundsOf(metric, evaluation));
    const groups = groupBy(measured, ({ update, mode, side, axis }) => JSON.stringify([update, mode, side, axis.by]));
    return [...groups.values()].map((group): Panel => {
      const { update, axis } = group[0]!;
      const title = `${metric}: update ${update}, ${projectionName(group[0]!, curves)}${axis.suffix}`;
      return { metric, update, title, axis, curves: group, levels: levelsOf(update), domain };
    });
  });
}

async function byExtent(
  axis: SweepAxis,
  panels: readonly Panel[],
  looks: ReadonlyMap<string, SeriesLook>,
): Promise<Html> {
  const places = panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(({ at }) => at)));
  const drawn: Html[] = [];
  for (const { title, metric, curves, levels, domain } of panels) {
    drawn.push(
      await linePanel({
        title,
        x: { label: axis.label, domain: axis.domain(places), scale: axis.scale },
        y: { label: metric, domain },
        levels,
        series: curves.map((curve) => ({ look: looks.get(curve.subspace)!, points: pointsOf(curve) })),
      }),
    );
  }
  return html`<figure>
    <h3>Behaviour against the ${axis.by === 'rank' ? 'number' : 'fraction'} of directions</h3>
    ${await legend([...looks].map(([name, look]) => ({ name, look })))}
    ${dashedNote('whole models, named on the right: before the update, with all of it, and what came before them')}
    <div class="panels">${drawn}</div>
    <figcaption>
      <p>Each point is the model that an update’s start becomes with the <b>projected update</b>: the update’s part inside
      the subspace where the projection is parallel, the part outside it where it is orthogonal, the part inside it with
      its sign turned where it is opposite.</p>
      <p><b>How to read it.</b> Where a line meets a dashed one, the projected update leaves the model, by this metric, where
      that whole model is. Bands span the 95 % intervals over the items of the metric, from the lowest end of any
      seed to the highest; of a loss, which has no such interval, the lowest and highest seed.</p>
      ${reading(axis, places, panels)}
      <p class="downloads">Data: ${download(curvesCsv(panels), 'behaviour-curves.csv', 'the curves')},
      <a href="evaluation.csv">evaluation.csv</a>.</p>
    </figcaption>
  </figure>`;
}

function pointsOf({ subspace, axis, points }: BehaviourCurve): LinePoint[] {
  return points.flatMap(({ at, seeds }) => {
    const value = overSeeds(seeds);
    if (value === undefined) return [];
    const spread = spreadOf(seeds);
    const about = spread === undefined ? '' : ` (${ratioText(spread.low)} to ${ratioText(spread.high)})`;
    const title = `${subspace}, ${axis.symbol} = ${at}: ${ratioText(value.mean)}${about}`;
    return [{ x: at, y: value.mean, ...spread, title }];
  });
}

/** What the numbers say in the middle of the axis, without judging it. */
function reading(axis: SweepAxis, places: readonly number[], panels: readonly Panel[]): Html | undefined {
  const middle = axis.middle(places);
  if (middle === undefined) return undefined;
  const said = panels.map(({ title, curves, levels }) => {
    const values = curves.flatMap(({ subspace, points }) => {
      const value = overSeeds(points.find(({ at }) => at === middle)?.seeds ?? []);
      return value === undefined ? [] : [`${subspace} ${ratioText(value.mean)}`];
    });
    const beside = levels.map(({ name, y }) => `${name} ${ratioText(y)}`);
    if (values.length > 0 && beside.length > 0) values.push(`beside ${beside.join(', ')}`);
    return { title, values };
  });
  return readings(`${axis.symbol} = ${middle}`, said);
}

/** The same values against the energy of the update that the projection keeps, where energy was measured. */
async function byEnergy(
  panels: readonly Panel[],
  looks: ReadonlyMap<string, SeriesLook>,
  { files, params }: ReportInput,
): Promise<Html | undefined> {
  const csv = files.get('energy.csv');
  if (csv === undefined) return undefined;
  const energies = new Map(readTable(csv, energyColumns).map((row) => [projectionKey(row), row.energy_kept]));
  const drawn: Html[] = [];
  for (const { title, metric, update, curves, levels, domain } of panels) {
    const series = curves.map((curve) => ({
      look: looks.get(curve.subspace)!,
      points: pointsByEnergy(curve, energies),
    }));
    if (series.every(({ points }) => points.length === 0)) continue;
    const ends = params.updates.find(({ name }) => name === update);
    const levelOf = (model: string | undefined) => levels.find(({ name }) => name === model);
    const [before, after] = [levelOf(ends?.from), levelOf(ends?.to)];
    drawn.push(
      await linePanel({
        title,
        x: { label: 'energy kept (share of ‖Δ‖²)', domain: [0, 1] },
        y: { label: metric, domain },
        levels,
        ...(before && after && curves[0]!.mode !== 'opposite' ? { guide: [{ x: 0, y: before.y }, { x: 1, y: after.y }] } : {}), // biome-ignore format: two ends
        series,
      }),
    );
  }
  if (drawn.length === 0) return undefined;
  return html`<figure>
    <h3>Behaviour against energy kept</h3>
    ${await legend([...looks].map(([name, look]) => ({ name, look })))}
    ${dashedNote('slanting: straight from the model without the update to the model with all of it; level: whole models')}
    <div class="panels">${drawn}</div>
    <figcaption><p><b>How to read it.</b> Points one above the other keep the same energy of the update. Each stands at the
    means of its seeds.</p></figcaption>
  </figure>`;
}

function pointsByEnergy(
  { subspace, axis, points }: BehaviourCurve,
  energies: ReadonlyMap<string, number | null>,
): LinePoint[] {
  const placed = points.flatMap(({ at, seeds }) => {
    const both = seeds.flatMap((seed) => {
      const energy = energies.get(projectionKey(seed)) ?? null;
      return seed.value === null || energy === null ? [] : [{ energy, value: seed.value }];
    });
    if (both.length === 0) return [];
    const x = summarize(both.map(({ energy }) => energy)).mean;
    const y = summarize(both.map(({ value }) => value)).mean;
    return [{ x, y, title: `${subspace}, ${axis.symbol} = ${at}: ${ratioText(y)} at energy ${ratioText(x)}` }];
  });
  return placed.sort((a, b) => a.x - b.x);
}

/** What a row of energy.csv and one of evaluation.csv have in common. */
function projectionKey({ update, subspace, seed, mode, side, fraction, rank }: EnergyRow | EvaluationRow): string {
  return JSON.stringify([update, subspace, seed, mode, side, fraction, rank]);
}

function curvesCsv(panels: readonly Panel[]): string {
  const rows = panels.flatMap(({ curves }) =>
    curves.flatMap(({ metric, update, subspace, mode, side, points }) =>
      points.map(({ seeds }) => {
        const { n = 0, mean = null } = overSeeds(seeds) ?? {};
        const { low = null, high = null } = spreadOf(seeds) ?? {};
        const { fraction, rank } = seeds[0]!;
        return { metric, update, subspace, mode, side, fraction, seeds: n, mean, low, high, rank };
      }),
    ),
  );
  const series = ['metric', 'update', 'subspace', 'mode', 'side', 'fraction', 'seeds'] as const;
  return writeCsv([...series, 'mean', 'low', 'high', 'rank'], rows);
}
