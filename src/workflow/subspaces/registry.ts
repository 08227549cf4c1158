import type { Named } from '../definition.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';
import type { SubspaceKind } from './kind.js';
import { random } from './random.js';
import { randomK } from './random-k.js';
import type { RawSubspace, RawSubspaceOf, Subspace, SubspaceOf } from './subspace.js';
import { topK } from './top-k.js';

/** In the order in which messages list them. */
const subspaceKinds: { readonly [K in Subspace['kind']]: SubspaceKind<SubspaceOf<K>, RawSubspaceOf<K>> } = {
  'top-k': topK,
  'random-k': randomK,
  random,
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

/** The update that a subspace is made of, or whose shapes it has. */
export function updateOf(subspace: Subspace): string {
  return kindOf(subspace.kind).update(subspace);
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
