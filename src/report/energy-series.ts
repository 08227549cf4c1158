import type { FigureInput } from './section.js';
import { SeriesStyle } from './series-style.js';
import { groupBy, type Summary, summarize } from './statistics.js';
import { placeOf, type SweepAxis, sweepAxes } from './sweep-axis.js';
import { type EnergyRow, energyColumns } from './tables/energy.js';
import { readResult } from './tables/result-rows.js';
import { averagedOverSeeds, overTrainingSeeds, type TrainingSpread } from './training-seeds.js';

/** A curve of a figure and a row of a table: all seeds of one projection along one axis. */
export interface EnergySeries {
  readonly update: string;
  readonly subspace: string;
  readonly mode: string;
  readonly side: string;
  readonly axis: SweepAxis;
  /** Points by their place on the axis, ascending. */
  readonly points: readonly EnergyPoint[];
}

export interface EnergyPoint {
  readonly at: number;
  /** Over the seeds of the subspace, of means over training seeds. */
  readonly kept: Summary;
  /** Spread of the mean over the seeds of the subspace. */
  readonly training: TrainingSpread | undefined;
}

/** Columns of the tables of energy that are means where there are several training seeds. */
export const energyMeasures = [
  'energy_kept',
  'energy_realised',
  'update_energy',
  'cosine_projected',
  'cosine_alignment',
] as const;

/** What energy.csv holds, in the order of the page. Projections of an update without energy have no share of it, and are left out. */
export function energySeries({ files, params }: FigureInput): EnergySeries[] {
  return new SeriesStyle(params.style).sorted(
    seriesOf(readResult(files, 'energy.csv', energyColumns)),
    ({ update }) => update,
    ({ mode, side }) => `${mode} ${side}`,
    ({ subspace }) => subspace,
  );
}

function seriesOf(rows: readonly EnergyRow[]): EnergySeries[] {
  const measured = rows.filter((row) => row.energy_kept !== null);
  const groups = groupBy(measured, (row) =>
    JSON.stringify([row.update, row.subspace, row.mode, row.side, placeOf(row).axis.by]),
  );
  return [...groups.values()].map((group) => {
    const { update, subspace, mode, side } = group[0]!;
    const points = [...groupBy(group, (row) => String(placeOf(row).at)).values()].map((seeds) => ({
      at: placeOf(seeds[0]!).at,
      kept: summarize(averagedOverSeeds(seeds, energyMeasures).map(({ energy_kept }) => energy_kept!)),
      training: overTrainingSeeds(seeds, (ofSeed) => summarize(ofSeed.map(({ energy_kept }) => energy_kept!)).mean),
    }));
    const { axis } = placeOf(group[0]!);
    return { update, subspace, mode, side, axis, points: points.sort((a, b) => a.at - b.at) };
  });
}

/** Axes that series lie along, in the order of the page. */
export function axesOf(series: readonly EnergySeries[]): SweepAxis[] {
  return sweepAxes.filter((axis) => series.some((one) => one.axis === axis));
}

export function along(axis: SweepAxis, series: readonly EnergySeries[]): EnergySeries[] {
  return series.filter((one) => one.axis === axis);
}

/** Places of all points, ascending. */
export function placesOf(series: readonly EnergySeries[]): number[] {
  return [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
}
