import type { Definition } from '../definition.js';
import { type Compared, resolveCompared, usesOfCompared } from './compared.js';
import type { Pair, TableKind } from './kind.js';

/** Principal angles between the subspaces of updates, or of an update and a subspace that has directions of its own. */
export interface PrincipalAnglesMetric extends Definition, Compared {
  readonly kind: 'principal-angles';
  readonly energies: readonly number[];
}

export interface RawPrincipalAngles {
  readonly kind: 'principal-angles';
  readonly pairs: readonly Pair[];
  readonly energies: readonly number[];
}

export const principalAngles: TableKind<PrincipalAnglesMetric, RawPrincipalAngles> = {
  behaviour: false,
  parts: ['angles'],
  resolve(scope, definition, raw, path, known) {
    const compared = resolveCompared(scope, raw.pairs, [...path, 'pairs'], known);
    return { ...definition, kind: 'principal-angles', ...compared, energies: raw.energies };
  },
  uses: usesOfCompared,
};
