import type { Definition } from '../definition.js';
import { ownKindNames, requireOwnDirections } from '../subspaces/registry.js';
import type { ModelKind } from './kind.js';

/**
 * A model out of whose weights directions are taken: W ← (I − Q Qᵀ) W, so that its layers write nothing along them (Arditi et al.
 * 2024, section 4).
 */
export interface AblatedWeightsModel extends Definition {
  readonly kind: 'ablate';
  readonly model: string;
  /** A subspace with directions of its own. */
  readonly subspace: string;
  /** Directions that are taken out of each tensor, from the first on; null: all. */
  readonly rank: number | null;
  /** Patterns of tensors that are left as they are. */
  readonly except: readonly string[];
}

export interface RawAblatedModel {
  readonly ablate: string;
  readonly direction: string;
  readonly rank?: number;
  readonly except?: readonly string[];
}

export const ablate: ModelKind<AblatedWeightsModel, RawAblatedModel> = {
  keys: ['ablate'],
  resolve(scope, definition, raw, path, { subspaces }) {
    const hint = `Name a subspace of kind ${ownKindNames()}.`;
    requireOwnDirections(scope, subspaces.get(raw.direction), [...path, 'direction'], hint);
    return {
      ...definition,
      kind: 'ablate',
      model: scope.reference('models', raw.ablate, [...path, 'ablate']),
      subspace: scope.reference('subspaces', raw.direction, [...path, 'direction']),
      rank: raw.rank ?? null,
      except: raw.except ?? [],
    };
  },
  uses: ({ model, subspace }) => ({ models: [model], subspaces: [subspace] }),
};
