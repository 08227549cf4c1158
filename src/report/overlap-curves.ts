import type { LinePoint } from './figures/line.js';
import type { Html } from './html.js';
import { numberCell } from './html-table.js';
import { groupBy, nearestTo, type Summary, summarize } from './statistics.js';
import {
  averagedOverSeeds,
  overTrainingSeeds,
  type RowOfSeed,
  spreadCells,
  spreadText,
  type TrainingSpread,
  trainingBar,
} from './training-seeds.js';
import { ratioText } from './wording.js';

/** What a row of an overlap is, whether of tensors (overlap.csv) or of layers (activations.csv). */
interface OverlapUnit extends RowOfSeed {
  readonly energy: number;
  readonly overlap: number | null;
  readonly baseline: number | null;
  readonly k_a: number;
  readonly k_b: number;
}

/** The overlap of a pair at one energy. */
export interface PairPoint {
  readonly energy: number;
  /** Over tensors or layers, of means over training seeds. */
  readonly overlap: Summary;
  /** Mean of what chance gives. */
  readonly baseline: number;
  /** Spread of the mean over tensors or layers. */
  readonly training: TrainingSpread | undefined;
}

/** A pair along the energies at which it was measured, ascending. */
export interface PairCurve {
  readonly pair: string;
  readonly points: readonly PairPoint[];
}

/** Columns of the tables of overlap that are means where there are several training seeds. */
export const overlapMeasures = ['overlap', 'baseline', 'k_a', 'k_b'] as const;

/** The axes of figures of overlap against energy. */
export const energyAxis = { of: 'eta', label: 'energy η that the subspaces hold', domain: [0, 1] } as const;
export const overlapAxis = { of: 'overlap', label: 'mode subspace overlap', domain: [0, 1] } as const;
export const chanceText = 'two independent random subspaces of the same sizes';

/** Points of one pair; what was not measured has no part in them. */
export function overlapPoints(rows: readonly OverlapUnit[]): PairPoint[] {
  const measured = rows.filter(({ overlap, baseline }) => overlap !== null && baseline !== null);
  const meanOf = (units: readonly OverlapUnit[]) => summarize(units.map(({ overlap }) => overlap!));
  return [...groupBy(measured, ({ energy }) => String(energy)).values()]
    .map((ofSeeds) => {
      const units = averagedOverSeeds(ofSeeds, overlapMeasures);
      return {
        energy: units[0]!.energy,
        overlap: meanOf(units),
        baseline: summarize(units.map(({ baseline }) => baseline!)).mean,
        training: overTrainingSeeds(ofSeeds, (ofSeed) => meanOf(ofSeed).mean),
      };
    })
    .sort((a, b) => a.energy - b.energy);
}

export function spreadsOf(curves: readonly PairCurve[]): (TrainingSpread | undefined)[] {
  return curves.flatMap(({ points }) => points.map(({ training }) => training));
}

/** All energies of the curves, ascending. */
export function energiesOf(curves: readonly PairCurve[]): number[] {
  return [...new Set(curves.flatMap(({ points }) => points.map(({ energy }) => energy)))].sort((a, b) => a - b);
}

/** The energy nearest one half: figures by layer and sentences tell of it. */
export function middleEnergy(points: readonly { readonly energy: number }[]): number | undefined {
  return nearestTo(
    0.5,
    points.map(({ energy }) => energy),
  );
}

/** Points of a line, and the line of what chance gives. `name`: what the pair is called. */
export function lineOf(name: string, points: readonly PairPoint[]) {
  return {
    points: points.map(({ energy, overlap, baseline, training }): LinePoint => {
      const mean = `${ratioText(overlap.mean)}${spreadText(training, ratioText)}`;
      const title = `${name}, η = ${energy}: ${mean}, by chance ${ratioText(baseline)}`;
      return { x: energy, y: overlap.mean, ...trainingBar(training), title };
    }),
    baseline: points.map(({ energy, baseline }) => ({ x: energy, y: baseline })),
  };
}

/** What curves say at an energy, without judging it. */
export function saidAt(
  energy: number | undefined,
  curves: readonly PairCurve[],
  called: (pair: string) => string,
): string[] {
  return curves.flatMap(({ pair, points }) => {
    const point = points.find((candidate) => candidate.energy === energy);
    return point ? [`${called(pair)} ${ratioText(point.overlap.mean)} (by chance ${ratioText(point.baseline)})`] : [];
  });
}

/** Cells of a row of the table on the page, one an energy. */
export function overlapCells(points: readonly PairPoint[], energies: readonly number[]): Html[] {
  return energies.map((energy) => {
    const point = points.find((candidate) => candidate.energy === energy);
    const mean = `${ratioText(point?.overlap.mean)}${spreadText(point?.training, ratioText)}`;
    return numberCell(mean, point && ratioText(point.baseline));
  });
}

/** How many tensors or layers the means are over, at most. */
export function unitsOf(points: readonly PairPoint[]): number {
  return points.reduce((most, { overlap }) => Math.max(most, overlap.n), 0);
}

/** A point as a row of a file of curves. */
export function curveCells({ energy, overlap, baseline, training }: PairPoint) {
  const { n, mean, q1, q3, min, max } = overlap;
  return { energy, n, mean, q1, q3, min, max, baseline, ...spreadCells(training) };
}
