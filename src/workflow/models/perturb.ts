import type { Definition } from '../definition.js';
import type { ModelKind } from './kind.js';

/** A checkpoint made from another by adding a seeded update with a known spectrum. */
export interface PerturbedModel extends Definition {
  readonly kind: 'perturb';
  readonly from: string;
  readonly seed: number;
  /** ‖Δ‖_F / ‖W‖_F of every matrix; 1-D tensors count as freshly made weights. */
  readonly norm: number;
  /** σ_i ∝ i^(−decay) on top of a flat floor. */
  readonly decay: number;
  /** Part of the update's singular directions taken from another update: 0 none … 1 all. */
  readonly share?: { readonly update: string; readonly weight: number };
}

export interface RawPerturbedModel {
  readonly perturb: string;
  readonly seed: number;
  readonly norm: number;
  readonly decay: number;
  readonly share?: { readonly update: string; readonly weight: number };
}

export const perturb: ModelKind<PerturbedModel, RawPerturbedModel> = {
  keys: ['perturb'],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'perturb',
    from: scope.reference('models', raw.perturb, [...path, 'perturb']),
    seed: raw.seed,
    norm: raw.norm,
    decay: raw.decay,
    ...(raw.share && {
      share: {
        update: scope.reference('updates', raw.share.update, [...path, 'share', 'update']),
        weight: raw.share.weight,
      },
    }),
  }),
  uses: ({ from, share }) => ({ models: [from], shares: share === undefined ? [] : [share.update] }),
};
