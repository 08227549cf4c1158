import { type Case, meanOf } from './finding.js';

/** A row of energy-by-tensor.csv. */
export interface TensorEnergy {
  readonly update: string;
  readonly subspace: string;
  readonly seed: number | null;
  readonly mode: string;
  readonly side: string;
  readonly fraction: number;
  readonly tensor: string;
  /** Of the projected update, as part of the whole; null for an update that is zero. */
  readonly kept: number | null;
  /** null: the scalar projection, which has none. */
  readonly rank: number | null;
  readonly rankMax: number;
}

/** The projections that a claim is about. Claims are types, not interfaces: they are parameters of a step. */
export type ClaimedSweep = {
  readonly updates: readonly string[];
  readonly subspaces: readonly string[];
  readonly mode: 'parallel' | 'orthogonal' | 'opposite';
  readonly side: 'right' | 'left';
  readonly fractions: readonly number[];
};

export type LinearEnergyClaim = {
  readonly kind: 'linear-energy';
  readonly sweep: ClaimedSweep;
  readonly tolerance: number;
};

/**
 * Energy grows in proportion to rank. Of every update and subspace: the energy inside the subspace as a function of
 * k / r, mean over the matrices that the update changes (vectors have one direction, and nothing to be linear in) and over
 * seeds; fitted by the best straight line through the origin, since no rank holds no energy. Effect: the largest
 * distance from that line at any fraction, as a share of the energy. Units: matrices.
 *
 * The line may be flatter than the diagonal: of a random subspace of directions longer than r, k / r of the directions
 * hold less than k / r of the energy, in proportion all the same.
 */
export function linearEnergyCases({ sweep, tolerance }: LinearEnergyClaim, rows: readonly TensorEnergy[]): Case[] {
  const { updates, subspaces, mode, side } = sweep;
  const fractions = new Set(sweep.fractions);
  const inside = (kept: number) => (mode === 'orthogonal' ? 1 - kept : kept);
  const ofSweep = rows.filter((row) => row.mode === mode && row.side === side && fractions.has(row.fraction));
  return updates.flatMap((update) =>
    subspaces.map((subspace): Case => {
      // Tensor → fraction → points of all seeds.
      const tensors = new Map<string, Map<number, { x: number; y: number }[]>>();
      for (const row of ofSweep) {
        const { kept, rank, rankMax, tensor, fraction } = row;
        if (row.update !== update || row.subspace !== subspace || kept === null || rank === null || rankMax < 2)
          continue;
        const points = tensors.get(tensor) ?? new Map<number, { x: number; y: number }[]>();
        tensors.set(tensor, points);
        points.set(fraction, [...(points.get(fraction) ?? []), { x: rank / rankMax, y: inside(kept) }]);
      }
      const curves = [...tensors.values()].map((points) =>
        [...points].sort(([a], [b]) => a - b).map(([, seeds]) => ({ x: mean(seeds, 'x'), y: mean(seeds, 'y') })),
      );
      return {
        name: `${update} in ${subspace}`,
        condition: { type: 'at-most', bound: tolerance },
        sizes: [curves.length],
        effect: ([drawn]) => distanceFromLine(drawn!, curves),
      };
    }),
  );
}

function distanceFromLine(drawn: Uint32Array, curves: readonly (readonly { x: number; y: number }[])[]): number {
  const points = curves[0]!.map((_, at) => ({
    x: meanOf(drawn, (tensor) => curves[tensor]![at]!.x),
    y: meanOf(drawn, (tensor) => curves[tensor]![at]!.y),
  }));
  let xy = 0;
  let xx = 0;
  for (const { x, y } of points) {
    xy += x * y;
    xx += x * x;
  }
  return points.reduce((largest, { x, y }) => Math.max(largest, Math.abs(y - (xy / xx) * x)), 0);
}

function mean(points: readonly { x: number; y: number }[], axis: 'x' | 'y'): number {
  return points.reduce((sum, point) => sum + point[axis], 0) / points.length;
}
