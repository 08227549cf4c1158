import type { OfTrainingSeed } from '../report/tables/training-seed.js';

export type { OfTrainingSeed };

/** Models that a table is of. */
export type ModelRows = {
  readonly models: readonly string[];
  /** Training seeds of the models, null of one that depends on none. Absent: none does. */
  readonly trainingSeeds?: readonly (number | null)[];
};

/** Each model with the training seed that it depends on. */
export function modelRows({ models, trainingSeeds }: ModelRows): (OfTrainingSeed & { readonly model: string })[] {
  return models.map((model, index) => {
    const trainingSeed = trainingSeeds?.[index] ?? null;
    return trainingSeed === null ? { model } : { model, trainingSeed };
  });
}
