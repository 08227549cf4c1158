import type { Definition } from '../definition.js';
import type { ModelKind } from './kind.js';

/** A checkpoint that is already on disk. */
export interface PathModel extends Definition {
  readonly kind: 'path';
  readonly path: string;
}

export interface RawPathModel {
  readonly path: string;
}

export const path: ModelKind<PathModel, RawPathModel> = {
  keys: ['path'],
  resolve: (_scope, definition, raw) => ({ ...definition, kind: 'path', path: raw.path }),
  uses: () => ({}),
  folder: ({ path }) => path,
};
