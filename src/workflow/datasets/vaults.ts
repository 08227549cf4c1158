import type { Vaults } from '../../formats/dataset-choices.js';
import type { DatasetDefinition, DatasetKind } from './kind.js';
import type { RawTransforms } from './transforms.js';

/** Questions for code words of vaults, with answers that comply or refuse, from a generator. */
export interface VaultsDataset extends DatasetDefinition, Vaults {}

export interface RawVaults extends RawTransforms {
  readonly synthetic: 'vaults';
  readonly rows: number;
  readonly seed?: number;
  readonly answer: Vaults['answer'];
  readonly vaults?: Vaults['vaults'];
}

export const vaults: DatasetKind<VaultsDataset, RawVaults> = {
  resolve(scope, definition, raw, path, defaults) {
    const { rows, answer, seed = defaults.seed, vaults = [1, 16] as const } = raw;
    if (vaults[0] > vaults[1]) {
      const message = `the first vault, ${vaults[0]}, comes after the last, ${vaults[1]}`;
      scope.refuse([...path, 'vaults'], 'out-of-range', message, 'Give the smaller number first.');
    }
    return { ...definition, kind: 'vaults', rows, seed, answer, vaults };
  },
};
