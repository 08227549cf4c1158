import type { Problems } from '../../formats/dataset-choices.js';
import type { DatasetDefinition, DatasetKind } from './kind.js';
import type { RawTransforms } from './transforms.js';

/** Arithmetic word problems from a generator. */
export interface ProblemsDataset extends DatasetDefinition, Problems {}

export interface RawProblems extends RawTransforms {
  readonly synthetic: 'problems';
  readonly rows: number;
  readonly seed?: number;
  readonly split?: Problems['split'];
}

export const problems: DatasetKind<ProblemsDataset, RawProblems> = {
  resolve: (_scope, definition, raw, _path, defaults) => ({
    ...definition,
    kind: 'problems',
    rows: raw.rows,
    seed: raw.seed ?? defaults.seed,
    split: raw.split ?? 'train',
  }),
};
