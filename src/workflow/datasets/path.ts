import type { DatasetDefinition, DatasetKind, LocalFiles } from './kind.js';
import type { RawTransforms } from './transforms.js';

/** Data files that are already on disk. */
export interface PathDataset extends DatasetDefinition, LocalFiles {
  readonly kind: 'path';
}

export interface RawPathDataset extends RawTransforms {
  readonly path: string;
  readonly files?: readonly string[];
}

export const path: DatasetKind<PathDataset, RawPathDataset> = {
  resolve: (_scope, definition, { path, files }) => ({ ...definition, kind: 'path', path, ...(files && { files }) }),
  files: (dataset) => dataset,
};
