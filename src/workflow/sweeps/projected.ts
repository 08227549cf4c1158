import type { Extent, ProjectionMode, Side } from '../../formats/projection.js';
import { defaultSide } from '../semantics.js';
import { checkSide, seedsOf } from '../subspaces/registry.js';
import type { CommonSweep, SweepKind } from './kind.js';

/** Updates projected onto subspaces at several fractions and ranks. */
export interface ProjectedSweep extends CommonSweep {
  readonly kind: 'projected';
  readonly project: readonly string[];
  readonly onto: readonly string[];
  readonly mode: ProjectionMode;
  /** Side of the subspaces that have none of their own. */
  readonly side: Side;
  /** Fractions of a tensor's directions; empty where the sweep has ranks alone. */
  readonly fractions: readonly number[];
  /** Numbers of directions; empty where the sweep has fractions alone. */
  readonly ranks: readonly number[];
}

export interface RawProjectedSweep {
  readonly project: string | readonly string[];
  readonly onto: string | readonly string[];
  readonly mode: ProjectionMode;
  readonly side?: Side;
  readonly fractions?: readonly number[];
  readonly ranks?: readonly number[];
  readonly measure?: readonly string[];
}

export const projected: SweepKind<ProjectedSweep, RawProjectedSweep> = {
  key: 'project',
  measures: ['energy'],
  resolve(scope, definition, raw, path, { semantics, subspaces }) {
    if (raw.fractions === undefined && raw.ranks === undefined) {
      const hint = 'For example: fractions: [0.25, 0.5], or: ranks: [6, 100]';
      scope.refuse(path, 'missing-key', `sweeps.${definition.name} has neither fractions nor ranks`, hint);
    }
    const onto = scope.references('subspaces', raw.onto, [...path, 'onto']);
    checkSide(
      scope,
      raw.side,
      onto.map((name) => subspaces.get(name)),
      path,
    );
    return {
      ...definition,
      kind: 'projected',
      project: scope.references('updates', raw.project, [...path, 'project']),
      onto,
      mode: raw.mode,
      side: raw.side ?? defaultSide(semantics),
      fractions: raw.fractions ?? [],
      ranks: raw.ranks ?? [],
      measure: raw.measure ?? ['energy'],
    };
  },
  uses: ({ project, onto }) => ({ updates: project, subspaces: onto }),
  points({ project, onto, fractions, ranks }, subspaces) {
    const seedCount = (name: string) => {
      const subspace = subspaces.get(name);
      return (subspace && seedsOf(subspace))?.length ?? 1;
    };
    const controls = onto.reduce((sum, name) => sum + seedCount(name), 0);
    const extents = [`fractions ${fractions.length}`, `ranks ${ranks.length}`]
      .filter((_, index) => [fractions, ranks][index]!.length > 0)
      .join(' and ');
    return {
      count: project.length * controls * (fractions.length + ranks.length),
      text: `updates ${project.length} × subspaces ${controls} × ${extents}`,
    };
  },
};

/** Fractions, then ranks, ascending. */
export function extentsOf({ fractions, ranks }: Pick<ProjectedSweep, 'fractions' | 'ranks'>): Extent[] {
  return [
    ...[...fractions].sort((a, b) => a - b).map((fraction) => ({ fraction })),
    ...[...ranks].sort((a, b) => a - b).map((rank) => ({ rank })),
  ];
}
