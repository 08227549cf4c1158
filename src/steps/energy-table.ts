import type { ProjectionMode, ProjectionSide, Side } from '../formats/projection.js';
import { defineStep } from './step.js';

export type EnergyTableParams = { readonly rows: readonly EnergyTableRow[] };

export type EnergyTableRow = {
  readonly update: string;
  readonly subspace: string;
  readonly seed: number | null;
  readonly mode: ProjectionMode;
  readonly side: ProjectionSide;
  /** Ascending. */
  readonly fractions: readonly number[];
  readonly tensors: readonly {
    readonly tensor: string;
    /** Directions that the subspace has in the tensor; 0: none, the update is kept whole and has no rank. */
    readonly rankMax: number;
    /** Where the subspace has sides of its own: the tensor's, null where it has no directions. Absent: the row's. */
    readonly side?: Side | null;
    /** How often the tensor counts in sums over the model, if not once: the published code counts a tied head, too. */
    readonly copies?: number;
    /** One a fraction; null = scalar projection, or whole. Several fractions may share one rank, so look it up in `realisedRanks`. */
    readonly ranks: readonly (number | null)[];
    /** The energy step's `ranks`, in whose order it realised them. */
    readonly realisedRanks: readonly number[];
  }[];
};

/** `energy-table`: all energy results of a workflow. */
export const energyTable = defineStep<EnergyTableParams>({
  kind: 'energy-table',
  revision: 2,
  usesDevice: false,
  inputs: {
    '<row>/<tensor>': '`energy` of an energy step',
    '<row>/<tensor>/cosine': '`cosine` of the same tensor; none of a subspace that is made of no update',
  },
  outputs: {
    'energy.csv': 'one line a curve and fraction',
    'energy-by-tensor.csv': 'one line a tensor, too',
  },
});
