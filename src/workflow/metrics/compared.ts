import type { Path } from '../document.js';
import { suggestion } from '../problems.js';
import type { Scope } from '../scope.js';
import { requireOwnDirections } from '../subspaces/registry.js';
import type { KnownToMetrics, MetricUses, Pair } from './kind.js';

/** Pairs of updates or subspaces, and which of the names are of which. */
export interface Compared {
  readonly pairs: readonly Pair[];
  /** Those of the names that are of subspaces; the others are of updates. Absent: all are. */
  readonly subspaces?: readonly string[];
}

/** The names at `path`, looked up in updates, then in subspaces; reported where they are in none, or in both. */
export function resolveCompared(
  scope: Scope,
  pairs: readonly Pair[],
  path: Path,
  { subspaces }: Pick<KnownToMetrics, 'subspaces'>,
): Compared {
  const updateNames = scope.names('updates');
  const subspaceNames = scope.names('subspaces');
  for (const [index, pair] of pairs.entries()) {
    for (const [side, name] of pair.entries()) {
      const at = [...path, String(index), String(side)];
      const isUpdate = updateNames.includes(name);
      if (isUpdate && subspaceNames.includes(name)) {
        const message = `"${name}" is the name of an update and of a subspace`;
        scope.refuse(at, 'ambiguous-name', message, 'Rename one of the two.');
      } else if (!isUpdate && !subspaceNames.includes(name)) {
        const known = [...updateNames, ...subspaceNames];
        const hint = known.length === 0 ? 'Define it under updates:.' : suggestion(name, known);
        scope.refuse(at, 'unknown-name', `there is no update or subspace "${name}"`, hint);
      }
      const subspace = isUpdate ? undefined : subspaces.get(name);
      requireOwnDirections(scope, subspace, at, 'Name the update that it is made of.');
    }
  }
  const named = [...new Set(pairs.flat())].filter((name) => !updateNames.includes(name));
  return named.length === 0 ? { pairs } : { pairs, subspaces: named };
}

/** What a metric of such pairs needs. */
export function usesOfCompared({ pairs, subspaces = [] }: Compared): MetricUses {
  return { updates: pairs.flat().filter((name) => !subspaces.includes(name)), subspaces };
}
