import { extentId } from '../../formats/projection.js';
import type { ClaimedSweep } from '../behaviour.js';
import { type Case, type Estimate, unmeasured } from '../finding.js';
import { intervalOfUnits, layerUnits, medianOfUnits, unitsNote } from '../layer-units.js';
import type { ClaimJudge, TensorEnergy } from './kind.js';
import { trainingSeedOf } from './training-seeds.js';

export type JudgedLinearEnergy = {
  readonly kind: 'linear-energy';
  readonly sweep: ClaimedSweep;
  readonly tolerance: number;
};

/**
 * Energy grows in proportion to rank. Of every update and subspace: the energy inside the subspace as a function of
 * k / r, mean over seeds, of every matrix that the update changes (vectors have one direction, and nothing to be linear
 * in; with one rank measured, neither has a matrix), fitted by the best straight line through the origin, since no rank
 * holds no energy. k / r is each tensor's own, for a rank of the sweep as for a fraction. At each of them the distance
 * from that line, as a share of the energy, is estimated in the median unit (layer-units.ts). Effect: the largest of
 * these medians. Its interval comes from intervals that are right at all fractions together, since resampling a maximum
 * would find noise: its low end is the distance that some fraction certainly has, its high end the one that none exceeds.
 *
 * The line may be flatter than the diagonal: of a random subspace of directions longer than r, k / r of the directions
 * hold less than k / r of the energy, in proportion all the same.
 */
export const linearEnergy: ClaimJudge<JudgedLinearEnergy> = {
  effect:
    'Effect: the distance of the energy kept from the best straight line through the origin, of the median unit, at the fraction or rank where it is largest. The interval is right at all of them together. n: units, which the note names.',
  cases: ({ sweep, tolerance }, { tensorEnergy }) => casesOf(sweep, tolerance, tensorEnergy),
};

function casesOf(sweep: ClaimedSweep, tolerance: number, rows: readonly TensorEnergy[]): Case[] {
  const { updates, subspaces, mode, side, ownSided = [] } = sweep;
  const [fractions, ranks] = [new Set(sweep.fractions), new Set(sweep.ranks)];
  const isOfSide = (row: TensorEnergy) => row.side === side || ownSided.includes(row.subspace);
  const isOfSweep = ({ fraction, rank_asked: rank }: TensorEnergy) =>
    fraction === null ? ranks.has(rank!) : fractions.has(fraction);
  const ofSweep = rows.filter((row) => row.mode === mode && isOfSide(row) && isOfSweep(row));
  return updates.flatMap((update) =>
    subspaces.map((subspace): Case => {
      const own = ofSweep.filter((row) => row.update === update && row.subspace === subspace);
      return {
        name: `${update} in ${subspace}`,
        trainingSeed: trainingSeedOf(own),
        condition: { type: 'at-most', bound: tolerance },
        *estimate(tail) {
          yield;
          return largestDistance(linesOf(own, mode), tail);
        },
      };
    }),
  );
}

/** @param lines Of each tensor that was measured, by name. */
function largestDistance(lines: ReadonlyMap<string, Line>, tail: number): Estimate {
  if (lines.size === 0) return unmeasured('no matrix of the update has its energy measured');
  const bendable = new Map([...lines].filter(([, { ranks }]) => ranks > 1));
  if (bendable.size === 0) {
    const note =
      'every matrix has its energy measured at one rank alone, and any point lies on a line through the origin';
    const { n } = layerUnits(new Map([...lines.keys()].map((tensor) => [tensor, 0])));
    return { effect: null, low: null, high: null, n, note, saturated: true };
  }
  const distances = byExtent(bendable);
  const tailOfEach = tail / distances.length;
  const units = distances.map(layerUnits);
  const effect = Math.max(...units.map((ofExtent) => Math.abs(medianOfUnits(ofExtent))));
  const intervals = units.map((ofExtent) => intervalOfUnits(ofExtent, tailOfEach));
  const { n } = units[0]!;
  const note = unitsNote(units[0]!, tailOfEach);
  if (intervals.some(({ low }) => low === null)) return { effect, low: null, high: null, n, note };
  const low = Math.max(...intervals.map(({ low, high }) => Math.max(0, low!, -high!)));
  const high = Math.max(...intervals.map(({ low, high }) => Math.max(-low!, high!)));
  return { effect, low, high, n, note };
}

/** The best line of a tensor. */
interface Line {
  /** Different ranks that were measured: with one the line goes through it, whatever the energy is. */
  readonly ranks: number;
  /** How far the energy lies above the line, by extent. */
  readonly distances: ReadonlyMap<string, number>;
}

function linesOf(rows: readonly TensorEnergy[], mode: ClaimedSweep['mode']): Map<string, Line> {
  // Tensor → extent → points of all seeds.
  const tensors = new Map<string, Map<string, Point[]>>();
  for (const { energy_kept: kept, rank, rank_max: rankMax, tensor, fraction, rank_asked: asked } of rows) {
    if (kept === null || rank === null || rankMax < 2) continue;
    const points = tensors.get(tensor) ?? new Map<string, Point[]>();
    tensors.set(tensor, points);
    const y = mode === 'orthogonal' ? 1 - kept : kept;
    const extent = extentId(fraction === null ? { rank: asked! } : { fraction });
    points.set(extent, [...(points.get(extent) ?? []), { x: rank / rankMax, y }]);
  }
  return new Map([...tensors].map(([tensor, ofTensor]) => [tensor, lineOf(ofTensor)]));
}

function lineOf(seedsByExtent: ReadonlyMap<string, readonly Point[]>): Line {
  const points = [...seedsByExtent].map(([extent, seeds]) => ({
    extent,
    x: mean(seeds, 'x'),
    y: mean(seeds, 'y'),
  }));
  const slope = slopeThroughOrigin(points);
  return {
    ranks: new Set(points.map(({ x }) => x)).size,
    distances: new Map(points.map(({ extent, x, y }) => [extent, y - slope * x])),
  };
}

/** Distances of all tensors at each extent. */
function byExtent(lines: ReadonlyMap<string, Line>): Map<string, number>[] {
  const found = new Map<string, Map<string, number>>();
  for (const [tensor, { distances }] of lines) {
    for (const [extent, distance] of distances) {
      const ofExtent = found.get(extent) ?? new Map<string, number>();
      found.set(extent, ofExtent.set(tensor, distance));
    }
  }
  return [...found.values()];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Slope of the straight line through the origin that has the least squares of distances. */
function slopeThroughOrigin(points: readonly Point[]): number {
  const sum = (product: (point: Point) => number) => points.reduce((total, point) => total + product(point), 0);
  return sum(({ x, y }) => x * y) / sum(({ x }) => x * x);
}

function mean(points: readonly Point[], axis: 'x' | 'y'): number {
  return points.reduce((sum, point) => sum + point[axis], 0) / points.length;
}
