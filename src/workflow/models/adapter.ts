import type { Definition } from '../definition.js';
import type { ModelKind } from './kind.js';

/** A model of the workflow with a LoRA adapter merged into it. */
export interface AdapterModel extends Definition {
  readonly kind: 'adapter';
  /** Place of the adapter. */
  readonly adapter: { readonly path: string } | { readonly repo: string; readonly revision: string };
  readonly base: string;
  /** The repository that the adapter may name as its base, beside the base's own. */
  readonly trainedOn?: string;
}

export type RawAdapterModel = (
  | { readonly path: string; readonly revision?: undefined }
  | { readonly hub: string; readonly revision?: string }
) & { readonly base?: string; readonly 'trained-on'?: string; readonly names?: unknown };

export const adapter: ModelKind<AdapterModel, RawAdapterModel> = {
  keys: ['base', 'trained-on'],
  together: ['path', 'hub'],
  resolve(scope, definition, raw, path) {
    const trainedOn = raw['trained-on'];
    if (raw.base === undefined) {
      const hint = 'Name the model that the adapter is merged into, base: NAME, or remove it.';
      scope.refuse([...path, 'trained-on'], 'missing-key', 'trained-on is of an adapter, and there is no base', hint);
    }
    if (raw.names !== undefined) {
      const hint = 'An adapter finds the tensors of its base by their names. Give the base the names that it needs.';
      scope.refuse(
        [...path, 'names'],
        'invalid-combination',
        'names is of a whole checkpoint, not of an adapter',
        hint,
      );
    }
    return {
      ...definition,
      kind: 'adapter',
      adapter: 'path' in raw ? { path: raw.path } : { repo: raw.hub, revision: raw.revision ?? 'main' },
      base: raw.base === undefined ? '' : scope.reference('models', raw.base, [...path, 'base']),
      ...(trainedOn !== undefined && { trainedOn }),
    };
  },
  uses: ({ base }) => ({ models: [base] }),
  folder: (model) => ('path' in model.adapter ? model.adapter.path : undefined),
  holds: 'adapter',
};
