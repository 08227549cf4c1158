import type { NamePrefixes } from '../../formats/tensor-names.js';
import type { Definition } from '../definition.js';
import type { ModelKind } from './kind.js';

/** A checkpoint of the Hugging Face hub. */
export interface HubModel extends Definition {
  /** What beginnings of its tensors' names become. Absent: names are as they are stored. */
  readonly names?: NamePrefixes;
  readonly kind: 'hub';
  readonly repo: string;
  readonly revision: string;
}

export interface RawHubModel {
  readonly hub: string;
  readonly revision?: string;
  readonly names?: NamePrefixes;
}

export const hub: ModelKind<HubModel, RawHubModel> = {
  keys: ['hub'],
  resolve: (_scope, definition, raw) => ({
    ...definition,
    kind: 'hub',
    repo: raw.hub,
    revision: raw.revision ?? 'main',
    ...(raw.names && { names: raw.names }),
  }),
  uses: () => ({}),
  names: ({ names }) => names,
};
