/** What steps write as JSON for tables to read. Types, not interfaces: they are JSON. */

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

/** Content of `cosine`, as JSON: sums in f64, of which those of a whole model are sums. */
export type CosineResult = {
  /** ⟨Δ, A⟩, ‖Δ‖² and ‖A‖². */
  readonly product: number;
  readonly energy: number;
  readonly ontoEnergy: number;
};

/** Content of `signs`, as JSON. */
export type SignAgreementResult = {
  readonly elements: number;
  /** Elements that neither update leaves as they are. */
  readonly changedByBoth: number;
  /** Those of them whose changes have the same sign. */
  readonly agreeing: number;
};

/** Content of `overlap`, as JSON: everything that any list of energies η needs. */
export type OverlapResult = {
  /** Ambient dimension: rows of u. */
  readonly d: number;
  /**
   * [r]: running sums of σ², of each update. A zero update has only zeros, and the energy rank `zeroRank`, 0 if absent. Of a
   * subspace zeros before a last 1, so that its energy rank is r at every η.
   */
  readonly energyA: readonly number[];
  readonly energyB: readonly number[];
  /** ‖U_A[:, :k_a]ᵀ U_B[:, :k_b]‖²_F at the points that an η-energy rank of either side reaches together. */
  readonly points: readonly { readonly kA: number; readonly kB: number; readonly shared: number }[];
  readonly zeroRank?: 1;
};

/** Content of `angles`, as JSON. */
export type PrincipalAnglesResult = {
  /** Ambient dimension. */
  readonly d: number;
  /** Vectors of each side. */
  readonly kA: number;
  readonly kB: number;
  /** [min(kA, kB)], in radians, ascending. */
  readonly angles: readonly number[];
};

/** Content of `cka`, as JSON. */
export type CkaResult = {
  /** Prompts. */
  readonly n: number;
  /** Widths of the two models. */
  readonly dA: number;
  readonly dB: number;
  /** null: the states of a model do not differ from prompt to prompt. */
  readonly cka: number | null;
};

/** Content of `summary` of a tokenise step, as JSON. */
export type TokeniseSummary = {
  readonly rows: number;
  readonly tokens: number;
  readonly targets: number;
  readonly truncated: number;
  readonly dropped: number;
  readonly withoutTarget: number;
  readonly merged: number;
};

/** One optimizer step of the loss curve. */
export type CurvePoint = {
  /** Number of the optimizer step, from 1. */
  readonly step: number;
  /** Loss before the step, in the recipe's normalisation. */
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  readonly tokens: number;
};

/** Content of `curve` of a train step, as JSON: one point an optimizer step. */
export type LossCurve = readonly CurvePoint[];
