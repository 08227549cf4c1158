import type { Architecture } from '../formats/architecture.js';
import type { PromptTemplate } from '../formats/dataset-choices.js';
import type { ProjectionMode, Side } from '../formats/projection.js';
import type { Definition } from './definition.js';
import { updateOf } from './subspaces/registry.js';
import type { Subspace } from './subspaces/subspace.js';

export type Model = Definition &
  (
    | { readonly kind: 'path'; readonly path: string }
    | { readonly kind: 'hub'; readonly repo: string; readonly revision: string }
    | {
        readonly kind: 'init';
        readonly architecture: Architecture;
        /** Standard deviation of the weights. */
        readonly initializerRange: number;
        readonly seed: number;
        readonly dtype: StorageType;
        /** One token a word of these datasets and of the template. */
        readonly tokenizer?: { readonly wordsOf: readonly string[]; readonly template: PromptTemplate };
      }
    | {
        /** A model trained from another: every weight, by a recipe. */
        readonly kind: 'train';
        /** What the workflow calls it; the training is the same. */
        readonly purpose: 'pretrain' | 'align' | 'finetune';
        readonly from: string;
        /** A dataset. */
        readonly on: string;
        readonly recipe: string;
        readonly seed: number;
      }
    | {
        /** Where the update starts from, plus the update projected onto a subspace. */
        readonly kind: 'projected';
        readonly update: string;
        readonly onto: string;
        readonly mode: ProjectionMode;
        readonly side: Side;
        readonly fraction: number;
        /** null: the subspace has none. */
        readonly seed: number | null;
      }
    | {
        /** A checkpoint made from another by adding a seeded update with a known spectrum. */
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
  );

export type ModelOf<K extends Model['kind']> = Extract<Model, { readonly kind: K }>;

export type StorageType = 'F32' | 'BF16' | 'F16';

/** Δ = θ_to − θ_from, per tensor. */
export interface Update extends Definition {
  readonly from: string;
  readonly to: string;
}

/**
 * The models that a model is made from: its parent, and both ends of the updates that it projects, projects onto or shares
 * directions with.
 */
export function modelAncestors(
  model: Model,
  updates: ReadonlyMap<string, Update>,
  subspaces: ReadonlyMap<string, Subspace>,
): string[] {
  const ends = (name: string) => {
    const update = updates.get(name);
    return update === undefined ? [] : [update.from, update.to];
  };
  switch (model.kind) {
    case 'train':
      return [model.from];
    case 'perturb':
      return [model.from, ...(model.share === undefined ? [] : ends(model.share.update))];
    case 'projected': {
      const subspace = subspaces.get(model.onto);
      return [...ends(model.update), ...(subspace === undefined ? [] : ends(updateOf(subspace)))];
    }
    default:
      return [];
  }
}
