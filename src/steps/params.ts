import type { ProjectionMode, Side } from '../formats/projection.js';
import type { CurvePoint, Recipe } from '../nn/train.js';
import type { Architecture, StorageType } from '../workflow/workflow.js';

/**
 * What the planner tells each kind of step: parameters (part of the key), inputs and outputs. Types, not interfaces, so
 * that they are JSON objects. Only what decides the result may stand here. A step's id (with the tensor's name in it)
 * is put in front of its errors by the runner.
 */

/** `fetch[model]` → `tensor/*`, `file/*` of a Hugging Face repository. */
export type FetchParams = { readonly repo: string; readonly commit: string };

/** `init[model]` → `tensor/*`, `file/config.json`. */
export type InitParams = {
  readonly architecture: JsonOf<Architecture>;
  readonly initializerRange: number;
  readonly seed: number;
  readonly dtype: StorageType;
};

/**
 * `perturb[model]`: inputs `parent` (`*`) and, with `share`, `share-from` and `share-to` (`*`, the two ends of the shared
 * update) → `tensor/*`, `file/*`.
 */
export type PerturbParams = {
  readonly seed: number;
  readonly norm: number;
  readonly decay: number;
  /** Weight of the shared update's singular directions, 0 … 1. */
  readonly share?: number;
};

/**
 * `train[model]`: inputs `parent` (`*`), `tokens` (`*` of a tokenise step) → `tensor/*`, `file/*`, and `curve`, the loss
 * curve as JSON: a LossCurve. Hints: TrainHints.
 */
export type TrainParams = Recipe;

/** Content of `curve`, as JSON: one point an optimizer step. */
export type LossCurve = readonly CurvePoint[];

/** How training is done, whatever comes out: no part of the key. */
export type TrainHints = { readonly checkpointEvery: number; readonly activationCheckpointing: boolean };

/**
 * `svd[update,tensor]`: inputs `from`, `to` (one tensor each, equal shapes) → `u` [m, r] F32, `s` [r] F64, `v` [n, r] F32
 * of Δ = to − from as a matrix (first dimension × rest), r = min(m, n), singular values descending. A 1-D tensor of
 * length m is an [m, 1] column: `u` is the normalised vector.
 */
export type SvdParams = {
  /** Both tensors and their difference are rounded to this type: the published code holds them as F16. */
  readonly heldAs?: 'F16';
};

/** `random-basis[seed,tensor,side]` → `q` [rows, columns] F32: Haar-random orthonormal columns. */
export type RandomBasisParams = {
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
  /** The tensor's name: tensors of one shape get independent bases. */
  readonly stream: string;
};

/**
 * `energy[update,subspace,…,tensor]`: inputs `from`, `to` (the projected update's tensor) and `basis` [d, r] (`v` of the
 * subspace's svd when `side` is right, `u` when it is left or the tensor is 1-D, `q` of a random basis) → `energy`, an
 * EnergyResult. With a singular basis also `s`: vectors of singular value 0 span nothing of the update and keep nothing. With `scalar: update` also `onto-from`, `onto-to`: the tensor of the update the subspace was made of.
 */
export type EnergyParams = {
  readonly mode: ProjectionMode;
  /** right: Δ P, left: P Δ. A 1-D tensor is a column, projected from the left whatever the sweep says. */
  readonly side: Side;
  /** Ascending, without repeats, 1 … r. */
  readonly ranks: readonly number[];
  /** Random-K: the basis columns are first permuted by this seed and stream (the tensor's name). */
  readonly permute?: { readonly seed: number; readonly stream: string };
  /**
   * Published code, fractions ≥ 1 and tensors of three dimensions: scalar projection of Δ onto the matrix that the subspace
   * was made of instead of a rank. That is its update, or a Gaussian matrix of this seed and stream (the tensor's name).
   */
  readonly scalar?: 'update' | { readonly seed: number; readonly stream: string };
  readonly heldAs?: 'F16';
  /** The projected update is rounded to this type, as the published code does before it is added. */
  readonly castUpdate?: 'F16';
  /** The basis of a zero matrix (not of a zero vector) is kept: the unit vectors, which LAPACK returns to the published code. */
  readonly zeroAsUnits?: true;
};

/** Content of `energy`, as JSON. All are sums of squares, not ratios: a whole-model ratio is a ratio of sums. */
export type EnergyResult = {
  /** ‖Δ‖²_F. */
  readonly total: number;
  /** [r]: ‖Δ_proj‖²_F for k = 1 … r, in the step's mode, from one pass over C = Δ · basis. */
  readonly kept: readonly number[];
  /** ‖Δ_proj‖²_F of the projected update as it is really computed, one a rank of `ranks`. */
  readonly realised: readonly number[];
  /** The same for the scalar projection, when asked for. */
  readonly scalar?: {
    readonly kept: number;
    readonly realised: number;
  };
};

/**
 * `cosine[update,other,tensor]`: inputs `from`, `to`, `onto-from`, `onto-to` (one tensor of both updates) → `cosine`, a
 * CosineResult.
 */
export type CosineParams = { readonly heldAs?: 'F16' };

/** Content of `cosine`, as JSON: sums in f64, of which those of a whole model are sums. */
export type CosineResult = {
  /** ⟨Δ, A⟩, ‖Δ‖² and ‖A‖². */
  readonly product: number;
  readonly energy: number;
  readonly ontoEnergy: number;
};

/**
 * `randomised-svd[update,tensor]`: inputs `u` [m, r], `s` [r] (of an svd) → `u` [m, q] F32, `s` [q] F64: what a randomised SVD
 * (Halko, Martinsson and Tropp 2011) of the same matrix gives, as torch.svd_lowrank computes it.
 */
export type RandomisedSvdParams = {
  /** q. */
  readonly vectors: number;
  /** Power iterations. */
  readonly iterations: number;
  readonly seed: number;
  /** Names of the update and the tensor. */
  readonly stream: string;
};

/** `overlap[a,b,tensor]`: inputs `a-u`, `a-s`, `b-u`, `b-s` (svd outputs) → `overlap`, an OverlapResult. */
export type OverlapParams = {
  /** Published code: an update that is zero has the energy rank 1, not 0, at every η; its direction is the one that is stored. */
  readonly zeroRank?: 1;
};

/** Content of `overlap`, as JSON: everything that any list of energies η needs. */
export type OverlapResult = {
  /** Ambient dimension: rows of u. */
  readonly d: number;
  /** [r]: running sums of σ², of each update. A zero update has only zeros, and the energy rank `zeroRank`, 0 if absent. */
  readonly energyA: readonly number[];
  readonly energyB: readonly number[];
  /** ‖U_A[:, :k_a]ᵀ U_B[:, :k_b]‖²_F at the points that an η-energy rank of either side reaches together. */
  readonly points: readonly { readonly kA: number; readonly kB: number; readonly shared: number }[];
  readonly zeroRank?: 1;
};

/**
 * `energy-table`: inputs `<row>/<tensor index>` (the `energy` output of every step of the row) and
 * `<row>/<tensor index>/cosine` (the `cosine` of the same tensor) → `energy.csv`, `energy-by-tensor.csv`.
 */
export type EnergyTableParams = { readonly rows: readonly EnergyTableRow[] };

export type EnergyTableRow = {
  readonly update: string;
  readonly subspace: string;
  readonly seed: number | null;
  readonly mode: ProjectionMode;
  readonly side: Side;
  /** Ascending. */
  readonly fractions: readonly number[];
  readonly tensors: readonly {
    readonly tensor: string;
    readonly rankMax: number;
    /** How often the tensor counts in sums over the model, if not once: the published code counts a tied head, too. */
    readonly copies?: number;
    /** One a fraction; null = scalar projection. Several fractions may share one rank, so look it up in `realisedRanks`. */
    readonly ranks: readonly (number | null)[];
    /** The energy step's `ranks`, in whose order it realised them. */
    readonly realisedRanks: readonly number[];
  }[];
};

/** `overlap-table`: inputs `<row>/<tensor index>` (`overlap` outputs) → `overlap.csv`. */
export type OverlapTableParams = { readonly rows: readonly OverlapTableRow[] };

export type OverlapTableRow = {
  /** Names of the two updates. */
  readonly pair: readonly [string, string];
  /** Ascending. */
  readonly energies: readonly number[];
  readonly tensors: readonly string[];
};

/** `loss-table`: inputs `<index of the model>` (`curve` of its train step) → `loss.csv`. */
export type LossTableParams = { readonly models: readonly string[] };

/** `report`: inputs named like the results they are (`energy.csv`, …) → `report.html`. */
export type ReportParams = {
  readonly title: string;
  readonly workflow: string;
  /** Names of the inputs. */
  readonly files: readonly string[];
  /** Names of results that it links to and does not read: single items. */
  readonly linked: readonly string[];
  /** The models at both ends of every update in use: what figures measure changes from and to. */
  readonly updates: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  readonly figures: readonly string[];
  readonly tables: readonly string[];
  /** Label and text, in order: semantics, models and where they come from, device class. */
  readonly provenance: readonly { readonly label: string; readonly text: string }[];
};

/** An interface's fields as a JSON object type. */
type JsonOf<T> = { readonly [K in keyof T]: T[K] };
