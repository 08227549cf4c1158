import type { Definition } from '../definition.js';
import { type Compared, resolveCompared, usesOfCompared } from './compared.js';
import type { OverlapKind, Pair } from './kind.js';

/** Mode subspace overlap of updates, or of an update and a subspace that has directions of its own. */
export interface MsoMetric extends Definition, Compared {
  readonly kind: 'mso';
  readonly energies: readonly number[];
}

export interface RawMso {
  readonly kind: 'mso';
  readonly pairs: readonly Pair[];
  readonly energies: readonly number[];
}

export const mso: OverlapKind<MsoMetric, RawMso> = {
  behaviour: false,
  parts: ['overlap'],
  resolve(scope, definition, raw, path, known) {
    const compared = resolveCompared(scope, raw.pairs, [...path, 'pairs'], known);
    return { ...definition, kind: 'mso', ...compared, energies: raw.energies };
  },
  uses: usesOfCompared,
  pairs: ({ pairs }) => pairs,
};
