import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { DatasetDefinition, DatasetKind } from './kind.js';
import type { RawTransforms } from './transforms.js';

/** What Hugging Face makes of every dataset: its splits as parquet files, on a branch of its own. */
const parquetBranch = 'refs/convert/parquet';

/** A dataset of the Hugging Face hub. */
export interface HubDataset extends DatasetDefinition {
  readonly kind: 'hub';
  readonly repo: string;
  readonly revision: string;
  /** File names of the repository, or a split of its parquet form (`<config>/<split>/*.parquet`). */
  readonly rows: { readonly files: readonly string[] } | { readonly config: string; readonly split: string };
}

export interface RawHubDataset extends RawTransforms {
  readonly hub: string;
  readonly split?: string;
  readonly config?: string;
  readonly files?: readonly string[];
  readonly revision?: string;
}

export const hub: DatasetKind<HubDataset, RawHubDataset> = {
  resolve(scope, definition, raw, path) {
    const { split, config, files, revision } = raw;
    checkRows(scope, raw, path);
    return {
      ...definition,
      kind: 'hub',
      repo: raw.hub,
      revision: revision ?? (files === undefined ? parquetBranch : 'main'),
      rows: files === undefined ? { config: config ?? 'default', split: split ?? '' } : { files },
    };
  },
};

/** Refuses what says neither which split nor which files, or both. */
function checkRows(scope: Scope, { split, config, files }: RawHubDataset, path: Path): void {
  if ((split === undefined) === (files === undefined)) {
    const message = `${path.join('.')} ${split === undefined ? 'says neither which split nor which files' : 'names both a split and files'}`;
    scope.refuse(path, 'ambiguous-rows', message, 'Give one of them, for example: split: train');
  } else if (split === undefined && config !== undefined) {
    scope.refuse(
      [...path, 'config'],
      'ambiguous-rows',
      'a configuration is of a split; here files are named',
      'Remove it.',
    );
  }
}
