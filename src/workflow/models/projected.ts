import type { Extent, ProjectionMode, ProjectionSide, Side } from '../../formats/projection.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import { defaultSide } from '../semantics.js';
import { checkSide, ownSide, seedsOf } from '../subspaces/registry.js';
import type { Subspace } from '../subspaces/subspace.js';
import type { KnownToModels, ModelKind } from './kind.js';

/** The model that an update starts from, plus the update projected onto a subspace. */
export interface ProjectedUpdateModel extends Definition {
  readonly kind: 'projected';
  readonly update: string;
  readonly onto: string;
  readonly mode: ProjectionMode;
  readonly side: ProjectionSide;
  readonly extent: Extent;
  /** null: the subspace has none. */
  readonly seed: number | null;
}

export interface RawProjectedModel {
  readonly project: string;
  readonly onto: string;
  readonly mode: ProjectionMode;
  readonly side?: Side;
  readonly fraction?: number;
  readonly rank?: number;
  readonly seed?: number;
}

export const projected: ModelKind<ProjectedUpdateModel, RawProjectedModel> = {
  keys: ['project'],
  resolve: (scope, definition, raw, path, known) => ({
    ...definition,
    kind: 'projected',
    update: scope.reference('updates', raw.project, [...path, 'project']),
    mode: raw.mode,
    ...resolveProjection(scope, raw, path, known),
  }),
  uses: ({ update, onto }) => ({ updates: [update], subspaces: [onto] }),
};

/** The subspace, side, extent and seed that a model, or a term of one, projects by. */
export function resolveProjection(
  scope: Scope,
  raw: Pick<RawProjectedModel, 'onto' | 'side' | 'fraction' | 'rank' | 'seed'>,
  path: Path,
  { semantics, subspaces }: KnownToModels,
): Pick<ProjectedUpdateModel, 'onto' | 'side' | 'extent' | 'seed'> {
  const subspace = subspaces.get(raw.onto);
  checkSide(scope, raw.side, [subspace], path);
  return {
    onto: scope.reference('subspaces', raw.onto, [...path, 'onto']),
    side: (subspace && ownSide(subspace)) ?? raw.side ?? defaultSide(semantics),
    extent: resolveExtent(scope, raw, path),
    seed: resolveSeed(scope, raw.seed, subspace, path),
  };
}

/** The fraction or the rank; that there is one, and no more, is checked here. */
function resolveExtent(
  scope: Scope,
  { fraction, rank }: Pick<RawProjectedModel, 'fraction' | 'rank'>,
  path: Path,
): Extent {
  if (fraction !== undefined && rank !== undefined) {
    const message = `${path.join('.')} has both a fraction and a rank`;
    scope.refuse([...path, 'rank'], 'invalid-combination', message, 'Keep the one that is meant.');
  }
  if (rank !== undefined) return { rank };
  if (fraction === undefined) {
    const hint = 'For example: fraction: 0.25, or: rank: 6';
    scope.refuse(path, 'missing-key', `${path.join('.')} has neither a fraction nor a rank`, hint);
  }
  return { fraction: fraction ?? 1 };
}

/** The seed of the subspace that is meant. Errors of a subspace that breaks the schema are reported elsewhere. */
function resolveSeed(
  scope: Scope,
  seed: number | undefined,
  subspace: Subspace | undefined,
  path: Path,
): number | null {
  if (subspace === undefined) return null;
  const { name } = subspace;
  const seeds = seedsOf(subspace);
  if (seeds === null) {
    if (seed !== undefined) {
      scope.refuse([...path, 'seed'], 'no-seeds', `nothing is random about the subspace "${name}"`, 'Remove the seed.');
    }
    return null;
  }
  if (seed === undefined && seeds.length > 1) {
    const message = `the subspace "${name}" has ${seeds.length} seeds`;
    scope.refuse([...path, 'onto'], 'missing-seed', message, `Say which: seed: ${seeds[0]}`);
  } else if (seed !== undefined && !seeds.includes(seed)) {
    const hint = `It has ${seeds.join(', ')}.`;
    scope.refuse([...path, 'seed'], 'unknown-seed', `the subspace "${name}" has no seed ${seed}`, hint);
  }
  return seed ?? seeds[0]!;
}
