import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Model } from '../models/model.js';
import type { Scope } from '../scope.js';
import type { Semantics } from '../semantics.js';
import type { Subspace } from '../subspaces/subspace.js';

/** What the language knows of a kind of sweep: everything else asks here, and not what kind it is. */
export interface SweepKind<Sweep extends CommonSweep, Raw> {
  /** A sweep that has this key is of the kind. */
  readonly key: string;
  /** What it can measure beside metrics of behaviour. */
  readonly measures: readonly string[];
  /** Makes the sweep of what the schema admits: fills in defaults, checks names. Others check `measure`. */
  resolve(scope: Scope, definition: Definition, raw: Raw, path: Path, known: KnownToSweeps): Sweep;
  uses(sweep: Sweep): SweepUses;
  /** How many points it has, and of what: `updates 2 × fractions 5`. */
  points(sweep: Sweep, subspaces: ReadonlyMap<string, Subspace>): { readonly count: number; readonly text: string };
}

/** What sweeps of all kinds have. */
export interface CommonSweep extends Definition {
  /** Names of metrics, and of what else the kind measures. */
  readonly measure: readonly string[];
}

export interface KnownToSweeps {
  readonly semantics: Semantics;
  readonly models: ReadonlyMap<string, Model>;
  readonly subspaces: ReadonlyMap<string, Subspace>;
}

export interface SweepUses {
  readonly models?: readonly string[];
  readonly updates?: readonly string[];
  readonly subspaces?: readonly string[];
}
