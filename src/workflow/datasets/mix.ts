import type { Named } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { DatasetDefinition, DatasetKind } from './kind.js';
import { type RawTransforms, sortedEntries } from './transforms.js';

/** Rows of several datasets, one after the other. */
export interface MixDataset extends DatasetDefinition {
  readonly kind: 'mix';
  /** Parts by name of dataset, so that the order in which the workflow lists them changes nothing. */
  readonly parts: readonly PartOfMix[];
  /** What the shares are of; with it every part has a share, without it a count. */
  readonly total?: number;
}

interface PartOfMix {
  readonly dataset: string;
  readonly share?: number;
  readonly count?: number | 'all';
}

export interface RawMix extends RawTransforms {
  readonly mix: Named<number | 'all'>;
  readonly total?: number;
}

export const mix: DatasetKind<MixDataset, RawMix> = {
  resolve(scope, definition, raw, path) {
    const parts = partsOf(scope, raw, path);
    return { ...definition, kind: 'mix', parts, ...(raw.total !== undefined && { total: raw.total }) };
  },
  parts: ({ parts }) => parts.map(({ dataset }) => dataset),
};

/** Parts in the order of their names: two workflows that differ in the order of keys alone are the same. */
function partsOf(scope: Scope, { mix, total }: RawMix, path: Path): PartOfMix[] {
  const parts = sortedEntries(mix).map(([dataset, amount]): PartOfMix => {
    const at = [...path, 'mix', dataset];
    scope.reference('datasets', dataset, at);
    if (total !== undefined) {
      if (typeof amount === 'number' && amount <= 1) return { dataset, share: amount };
      const message = `${amount} is not a share of the total: with total, every part is above 0 and at most 1`;
      scope.refuse(at, 'invalid-mix', message, 'Leave out total to give numbers of rows.');
    } else if (typeof amount === 'number' && !Number.isInteger(amount)) {
      scope.refuse(at, 'invalid-mix', `${amount} is not a number of rows`, 'Give total: for shares, or whole numbers.');
    }
    return { dataset, count: amount };
  });
  const shares = parts.reduce((sum, { share }) => sum + (share ?? 0), 0);
  if (total !== undefined && parts.every(({ share }) => share !== undefined) && Math.abs(shares - 1) > 1e-9) {
    scope.refuse([...path, 'mix'], 'invalid-mix', `the shares sum to ${Number(shares.toPrecision(12))}, not to 1`);
  }
  return parts;
}
