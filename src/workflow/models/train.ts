import type { Definition } from '../definition.js';
import type { ModelKind } from './kind.js';

/** A model trained from another: every weight, by a recipe. */
export interface TrainedModel extends Definition {
  readonly kind: 'train';
  /** What the workflow calls it; the training is the same. */
  readonly purpose: Purpose;
  readonly from: string;
  /** A dataset. */
  readonly on: string;
  readonly recipe: string;
  /** The first of `seeds`, where there are several. */
  readonly seed: number;
  /** Absent: it is trained once. */
  readonly seeds?: readonly number[];
}

const purposes = ['pretrain', 'align', 'finetune'] as const;

type Purpose = (typeof purposes)[number];

/** One of the purposes names the model to start from. */
export type RawTrainedModel = { readonly [P in Purpose]?: string } & {
  readonly on: string;
  readonly recipe: string;
  readonly seed?: number;
  readonly seeds?: readonly number[];
};

export const train: ModelKind<TrainedModel, RawTrainedModel> = {
  keys: purposes,
  trained: true,
  resolve(scope, definition, raw, path, { seed }) {
    const purpose = purposes.find((key) => raw[key] !== undefined)!;
    // In whatever order they are listed, they are the same models and rows.
    const seeds = raw.seeds?.toSorted((a, b) => a - b);
    if (raw.seed !== undefined && seeds !== undefined) {
      const message = `${path.join('.')} has both a seed and a list of seeds`;
      scope.refuse([...path, 'seeds'], 'invalid-combination', message, 'Keep the one that is meant.');
    }
    return {
      ...definition,
      kind: 'train',
      purpose,
      from: scope.reference('models', raw[purpose]!, [...path, purpose]),
      on: scope.reference('datasets', raw.on, [...path, 'on']),
      recipe: scope.reference('recipes', raw.recipe, [...path, 'recipe']),
      seed: seeds?.[0] ?? raw.seed ?? seed,
      ...(seeds && { seeds }),
    };
  },
  uses: ({ from, on, recipe }) => ({ models: [from], datasets: [on], recipes: [recipe] }),
  seeds: {
    of: ({ seeds }) => seeds,
    at: (model, seed) => ({ ...model, seed, seeds: [seed] }),
  },
};
