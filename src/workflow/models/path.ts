import type { NamePrefixes } from '../../formats/tensor-names.js';
import type { Definition } from '../definition.js';
import type { ModelKind } from './kind.js';

/** A checkpoint that is already on disk. */
export interface PathModel extends Definition {
  /** What beginnings of its tensors' names become. Absent: names are as they are stored. */
  readonly names?: NamePrefixes;
  readonly kind: 'path';
  readonly path: string;
}

export interface RawPathModel {
  readonly path: string;
  readonly names?: NamePrefixes;
}

export const path: ModelKind<PathModel, RawPathModel> = {
  keys: ['path'],
  resolve: (_scope, definition, { path, names }) => ({ ...definition, kind: 'path', path, ...(names && { names }) }),
  uses: () => ({}),
  folder: ({ path }) => path,
  names: ({ names }) => names,
};
