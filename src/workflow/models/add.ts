import type { Definition } from '../definition.js';
import { ownKindNames, requireOwnDirections } from '../subspaces/registry.js';
import type { ModelKind } from './kind.js';

/**
 * A model to whose residual stream a multiple of a direction is added while it runs: x ← x + times · r where the stream enters the
 * direction's layer, at every token (Arditi et al. 2024, section 2.4). Its weights are those of the other model.
 */
export interface ShiftedStreamModel extends Definition {
  readonly kind: 'add';
  readonly model: string;
  /** A subspace of one direction in the residual stream. */
  readonly subspace: string;
  readonly times: number;
}

export interface RawShiftedModel {
  readonly add: string;
  readonly to: string;
  readonly times: number;
}

export const add: ModelKind<ShiftedStreamModel, RawShiftedModel> = {
  keys: ['add'],
  resolve(scope, definition, raw, path, { subspaces }) {
    const hint = `Name a subspace of kind ${ownKindNames()}.`;
    requireOwnDirections(scope, subspaces.get(raw.add), [...path, 'add'], hint);
    return {
      ...definition,
      kind: 'add',
      model: scope.reference('models', raw.to, [...path, 'to']),
      subspace: scope.reference('subspaces', raw.add, [...path, 'add']),
      times: raw.times,
    };
  },
  uses: ({ model, subspace }) => ({ models: [model], subspaces: [subspace] }),
};
