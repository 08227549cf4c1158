import type { ProjectionSide, Side } from '../../formats/projection.js';
import type { Named } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';
import { difference } from './difference.js';
import type { SubspaceKind, SubspaceUses } from './kind.js';
import { outputs } from './outputs.js';
import { random } from './random.js';
import { randomK } from './random-k.js';
import type { RawSubspace, RawSubspaceOf, Subspace, SubspaceOf } from './subspace.js';
import { topK } from './top-k.js';

/** Kinds in the order in which messages list them. */
const subspaceKinds: { readonly [K in Subspace['kind']]: SubspaceKind<SubspaceOf<K>, RawSubspaceOf<K>> } = {
  'top-k': topK,
  'random-k': randomK,
  random,
  difference,
  outputs,
};

/** The kind of a subspace. The registry says that it takes just such a subspace. */
function kindOf(kind: Subspace['kind']): SubspaceKind<Subspace, RawSubspace> {
  return subspaceKinds[kind] as unknown as SubspaceKind<Subspace, RawSubspace>;
}

export function resolveSubspaces(
  scope: Scope,
  raw: Named<RawSubspace> | undefined,
  defaults: Defaults,
): Map<string, Subspace> {
  return scope.section('subspaces', raw, (definition, subspace, path) =>
    kindOf(subspace.kind).resolve(scope, definition, subspace, path, defaults),
  );
}

/** What a subspace is made of. */
export function subspaceUses(subspace: Subspace): SubspaceUses {
  return kindOf(subspace.kind).uses(subspace);
}

/** The side on which a subspace acts by its definition; null: a sweep chooses. */
export function ownSide({ kind }: Pick<Subspace, 'kind'>): ProjectionSide | null {
  return kindOf(kind).side ?? null;
}

/** Refuses a subspace whose directions a fraction chooses, where all of them are meant. */
export function requireOwnDirections(scope: Scope, subspace: Subspace | undefined, path: Path, hint: string): void {
  if (subspace === undefined || ownSide(subspace) !== null) return;
  const { name, kind } = subspace;
  const message = `the subspace "${name}" is of kind ${kind}, which has no directions of its own: a fraction chooses them`;
  scope.refuse(path, 'wrong-kind', message, hint);
}

/** Kinds of subspaces that have directions of their own: `difference`. */
export function ownKindNames(): string {
  const kinds = Object.keys(subspaceKinds) as Subspace['kind'][];
  return kinds.filter((kind) => ownSide({ kind }) !== null).join(' or ');
}

/** Refuses a side that a sweep or model asks for and that a subspace does not have. @param path of the definition */
export function checkSide(
  scope: Scope,
  side: Side | undefined,
  subspaces: readonly (Subspace | undefined)[],
  path: Path,
): void {
  if (side === undefined) return;
  for (const subspace of subspaces) {
    const own = subspace && ownSide(subspace);
    if (own === undefined || own === null || own === side) continue;
    const acts = own === 'mixed' ? 'left of some tensors and right of others' : `${own} of its tensors only`;
    const message = `the subspace "${subspace!.name}" is of kind ${subspace!.kind}, which acts ${acts}`;
    scope.refuse([...path, 'side'], 'wrong-side', message, 'Remove `side`: the subspace has its own.');
  }
}

/** The seeds that a subspace is drawn by; null: nothing is random about it. */
export function seedsOf(subspace: Subspace): readonly number[] | null {
  return kindOf(subspace.kind).seeds?.(subspace) ?? null;
}

/** `random-k or random` */
export function randomKindNames(): string {
  const kinds = Object.keys(subspaceKinds) as Subspace['kind'][];
  return kinds.filter((kind) => kindOf(kind).seeds !== undefined).join(' or ');
}
